import { expect, test } from 'vitest';
import { configHelp, envName, OPTIONS, readConfig } from './config.ts';

const ok = (argv: string[], env: Record<string, string> = {}) => {
  const read = readConfig(argv, env);
  if (!read.ok) throw new Error(read.mistakes.join('; '));
  return read.config;
};

test('needs nothing: loopback, 8080, the source that can be had', () => {
  expect(ok([])).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    source: 'auto',
    speed: 60,
    loop: true,
    ringMb: 32,
  });
});

test('flags win over the environment, which wins over the defaults', () => {
  const env = { ROUTESCOPE_PORT: '9000', ROUTESCOPE_SPEED: '0', PATH: '/bin' };
  expect(ok(['--port', '9001', '--no-loop', '--collectors=rrc00,rrc01'], env)).toMatchObject({
    port: 9001,
    speed: 0,
    loop: false,
    collectors: ['rrc00', 'rrc01'],
  });
});

test('all mistakes are told together', () => {
  const read = readConfig(
    ['--port', '99999', '--speed', 'fast', '--what', 'x.mrt', '--ris-url', 'http://x'],
    {
      ROUTESCOPE_LOOP: 'maybe',
      ROUTESCOPE_PROT: '1',
      ROUTESCOPE_DATA: '/data',
    },
  );
  expect(read).toEqual({
    ok: false,
    mistakes: [
      '--what is not an option',
      '"x.mrt" is not expected here',
      'ROUTESCOPE_PROT is not a setting',
      '--port must be a whole number from 0 to 65535, not "99999"',
      '--speed must be a number from 0 to 100000, not "fast"',
      'ROUTESCOPE_LOOP must be yes or no, not "maybe"',
      '--ris-url must be a ws:// or wss:// URL, not "http://x"',
    ],
  });
});

test('a flag without its value is a mistake', () => {
  expect(readConfig(['--port'], {})).toEqual({ ok: false, mistakes: ['--port needs a value'] });
});

test('the help names every option', () => {
  for (const { flag } of Object.values(OPTIONS)) expect(configHelp()).toContain(`--${flag}`);
  expect(envName('ris-url')).toBe('ROUTESCOPE_RIS_URL');
  expect(envName('data')).toBe('ROUTESCOPE_DATA_DIR');
});
