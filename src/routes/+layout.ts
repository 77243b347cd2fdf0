// A single-page app: the relay has no data to render from, everything arrives over the stream.
export const ssr = false;
export const prerender = false;
