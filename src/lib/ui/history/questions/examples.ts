/** Queries to begin with. */
export const SQL_EXAMPLES: readonly { readonly title: string; readonly sql: string }[] = [
  {
    title: 'What is there',
    sql: `SELECT kind, count(*) AS elems, min(time) AS first, max(time) AS last\nFROM elems\nGROUP BY kind ORDER BY elems DESC`,
  },
  {
    title: 'Prefixes by several origins',
    sql: `SELECT prefix, list(DISTINCT origin_asn ORDER BY origin_asn) AS origins, min(time) AS first_seen\nFROM elems\nWHERE kind = 'announce'\nGROUP BY prefix\nHAVING count(DISTINCT origin_asn) > 1\nORDER BY first_seen DESC\nLIMIT 100`,
  },
  {
    title: 'Paths through an AS',
    sql: `SELECT time, prefix, path\nFROM elems\nWHERE list_contains(string_split(path, ' '), '3491')\nORDER BY time DESC\nLIMIT 100`,
  },
  {
    title: 'Sessions that went down',
    sql: `SELECT time, collector, peer, peer_asn, old_state, new_state\nFROM elems\nWHERE kind = 'state' AND old_state = 6\nORDER BY time`,
  },
  {
    title: 'Flapping prefixes',
    sql: `SELECT prefix, peer, count(*) FILTER (kind = 'withdraw') AS withdrawals\nFROM elems\nGROUP BY prefix, peer\nHAVING withdrawals >= 5\nORDER BY withdrawals DESC\nLIMIT 100`,
  },
  {
    title: 'Incidents by culprit',
    sql: `SELECT culprit, count(*) AS incidents, list(DISTINCT type ORDER BY type) AS types, max(confidence) AS most\nFROM incidents\nGROUP BY culprit ORDER BY incidents DESC`,
  },
];
