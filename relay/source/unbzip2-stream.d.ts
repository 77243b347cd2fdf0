declare module 'unbzip2-stream' {
  /** A streaming bunzip2: compressed chunks in, decompressed blocks out. */
  export default function unbzip2(): NodeJS.ReadWriteStream;
}
