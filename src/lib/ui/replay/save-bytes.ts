/** Give the user bytes as a file. They go from memory to disk: nothing is sent anywhere. */
export function saveBytes(bytes: Uint8Array, name: string): void {
  const url = URL.createObjectURL(new Blob([bytes as BlobPart], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the bytes once the click is handled; later is safe everywhere.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
