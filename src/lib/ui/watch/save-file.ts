/** Give the user a text as a file. It goes from memory to disk: nothing is sent anywhere. */
export function saveFile(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/yaml' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the bytes once the click is handled; later is safe everywhere.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
