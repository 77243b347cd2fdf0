/** Give the user a file. It goes from memory to disk: nothing is sent anywhere. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the bytes once the click is handled; later is safe everywhere.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
