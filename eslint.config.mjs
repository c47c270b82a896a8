import tseslint from 'typescript-eslint';

// What the product needs from outside is given to it (api/environment.ts), so that a simulation replays bit for bit.
const injected = [
  { name: 'setTimeout', message: 'take timers from Environment.clock' },
  { name: 'setInterval', message: 'take timers from Environment.clock' },
  { name: 'setImmediate', message: 'take timers from Environment.clock' },
  { name: 'fetch', message: 'go through the kube/ transport' },
];
const injectedProperties = [
  { object: 'Date', property: 'now', message: 'take time from Environment.clock' },
  { object: 'Math', property: 'random', message: 'take randomness from Environment.random' },
];
const injectedSyntax = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'take time from Environment.clock',
  },
  {
    selector:
      'CallExpression[callee.property.name=/^(randomUUID|randomBytes|getRandomValues|generateKeyPair|generateKeyPairSync|randomInt)$/]',
    message: 'take randomness and keys from the Environment',
  },
];
// Arrows between folders point one way (docs/architecture.md).
const arrows = {
  api: ['webhook', 'controller', 'kube', 'etcd', 'certs', 'cmd', 'tools', 'test'],
  kube: ['webhook', 'controller', 'etcd', 'certs', 'cmd', 'tools', 'test'],
  etcd: ['webhook', 'controller', 'kube', 'certs', 'cmd', 'tools', 'test'],
  certs: ['webhook', 'controller', 'kube', 'etcd', 'cmd', 'tools', 'test'],
  webhook: ['controller', 'kube', 'etcd', 'cmd', 'tools', 'test'],
  controller: ['webhook', 'cmd', 'tools', 'test'],
  cmd: ['tools', 'test'],
};

export default tseslint.config(
  { ignores: ['node_modules/', 'build/', 'dist/', 'coverage/', 'artifacts/', '**/*.mjs', '**/*.cjs', '**/*.js'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/require-await': 'off',
      complexity: ['error', 10],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    files: ['api/**', 'webhook/**', 'controller/**', 'kube/**', 'etcd/**', 'certs/**'],
    rules: {
      'no-restricted-globals': ['error', ...injected],
      'no-restricted-properties': ['error', ...injectedProperties],
      'no-restricted-syntax': ['error', ...injectedSyntax],
    },
  },
  ...Object.entries(arrows).map(([folder, forbidden]) => ({
    files: [`${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: forbidden.map((to) => ({ regex: `^(\\.\\./)+${to}/`, message: `${folder} must not import ${to}` })),
        },
      ],
    },
  })),
  {
    files: ['test/**', 'tools/**'],
    rules: { 'no-console': 'off', '@typescript-eslint/no-unused-expressions': 'off', complexity: ['error', 15] },
  },
);
