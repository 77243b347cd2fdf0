import { fileURLToPath } from 'node:url';

/** The folder of the models: the one asked for, else the project's own. */
export function modelsFolder(asked: string | undefined): string {
  return asked ?? fileURLToPath(new URL('../../models', import.meta.url));
}

/** A whole number within bounds, or an error that names the option. */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most) {
    throw new Error(`${name} ${text}: wants a whole number from ${least} to ${most}`);
  }
  return value;
}
