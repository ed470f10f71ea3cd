import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from '../svelte.config.js';

/** The rooms of lib/, lowest first. A room imports from the rooms listed with it, and from itself. */
const rooms = {
  chain: [],
  pow: ['chain'],
  ledger: ['chain'],
  net: ['chain', 'ledger'],
  peer: ['chain', 'pow', 'ledger', 'net'],
  drivers: ['chain', 'pow', 'ledger', 'net', 'peer'],
  sim: ['chain', 'pow', 'ledger', 'net', 'peer'],
  'tcp-peer': ['chain', 'drivers'],
  check: ['chain', 'pow', 'drivers'],
  node: ['chain', 'pow', 'ledger', 'net', 'peer', 'drivers', 'sim', 'tcp-peer', 'check'],
};

/** Rooms that are pure: time and randomness come in with each input, and nothing goes out but outputs. */
const pureRooms = ['chain', 'ledger', 'net', 'peer', 'sim'];

/** Present in every engine, deterministic, and without I/O. */
const harmlessGlobals = new Set(['TextEncoder', 'TextDecoder']);

const worldGlobals = [
  ...new Set([...Object.keys(globals.browser), ...Object.keys(globals.node)]),
].filter((name) => !(name in globals.es2025) && !harmlessGlobals.has(name));

/** Results of these differ between engines, so a seed would not replay everywhere. */
const transcendentalFunctions =
  'acos|acosh|asin|asinh|atan|atan2|atanh|cbrt|cos|cosh|exp|expm1|hypot|log|log10|log1p|log2|pow|sin|sinh|tan|tanh';

const importRules = Object.entries(rooms).map(([room, allowed]) => {
  const forbidden = Object.keys(rooms).filter(
    (other) => other !== room && !allowed.includes(other),
  );
  const pure = pureRooms.includes(room);
  return {
    files: [`lib/${room}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...forbidden.map((other) => ({
              group: [`**/${other}/*`, `**/${other}`],
              message: `lib/${room} may not import from lib/${other}: imports run downward.`,
            })),
            {
              // From lib/<room>/ and from one folder deeper. lib/node alone starts the server in its own process.
              group: ['app', 'test', ...(room === 'node' ? [] : ['signaling'])].flatMap((top) => [
                `../../${top}/**`,
                `../../../${top}/**`,
              ]),
              message: 'lib stands below.',
            },
            ...(pure
              ? [
                  {
                    group: ['node:*', 'ws', 'simple-peer', '*-level'],
                    message: 'The core does no I/O.',
                  },
                ]
              : []),
          ],
        },
      ],
      ...(pure && {
        'no-restricted-globals': ['error', ...worldGlobals, 'Date'],
        'no-restricted-syntax': [
          'error',
          {
            selector: `MemberExpression[object.name="Math"][property.name=/^(random|${transcendentalFunctions})$/]`,
            message:
              'Random numbers are an input, and transcendental functions differ between engines.',
          },
          {
            selector: 'BinaryExpression[operator="**"][left.type!="Literal"]',
            message: 'Use bigint shifts.',
          },
        ],
      }),
    },
  };
});

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', 'logs/'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs['flat/recommended'],
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  {
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-undef': 'off',
      eqeqeq: 'error',
    },
  },
  ...importRules,
);
