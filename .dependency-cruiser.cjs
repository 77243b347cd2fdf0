/** Who may import whom (docs/architecture.md): one line per row, and no cycles. */
const may = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: '[.](test|bench|fixture)[.]ts$' },
  to: { path: '^(src|relay|models|node_modules)', pathNot: to },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    may('core-is-pure', '^src/lib/core/', '^src/lib/core/'),
    {
      name: 'core-no-node',
      severity: 'error',
      from: { path: '^src/lib/core/', pathNot: '[.]test[.]ts$' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    },
    may('relay-sees-core', '^relay/', '^(relay/|src/lib/(core|ml|watch)/|models/|node_modules/)'),
    may('models-see-core-and-ml', '^models/', '^(models/|src/lib/(core|ml)/|node_modules/)'),
    may('ml-sees-core', '^src/lib/ml/', '^(src/lib/(ml|core)/|node_modules/@tensorflow)'),
    may('feed-sees-core', '^src/lib/feed/', '^(src/lib/(feed|core)/|node_modules/)'),
    may(
      'store-sees-core',
      '^src/lib/store/',
      '^(src/lib/(store|core)/|node_modules/(dexie|@duckdb/duckdb-wasm|parquet-wasm|apache-arrow))',
    ),
    may('watch-sees-core', '^src/lib/watch/', '^(src/lib/(watch|core)/|node_modules/yaml)'),
    may(
      'workers-see-core-and-feed',
      '^src/workers/',
      '^(src/workers/|src/lib/(core|feed|ml|store|watch)/|node_modules/(comlink|apache-arrow))',
    ),
    {
      name: 'ui-via-api',
      severity: 'error',
      from: { path: '^src/(routes|lib/ui)/', pathNot: '[.]test[.]ts$' },
      to: { path: '^(relay/|src/(workers/(?!api|spawn)|lib/(store|feed|ml)/))' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.svelte'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'svelte', 'browser', 'default'],
    },
  },
};
