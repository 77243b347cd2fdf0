/** A moment worth pointing at, measured in the recording itself. */
export interface Moment {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly text: string;
}

/** A historical event that can be cut out of archive files into a bundled replay. */
export interface EventDefinition {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly collector: string;
  /** What is cut out: from `from` on, before `to`. ISO 8601, UTC. */
  readonly from: string;
  readonly to: string;
  /** Name of the first archive file (`20080223.0014`) that tells what was announced before; absent: none is used. */
  readonly baselineFrom?: string;
  /** Prefixes the event is about: a vantage that said nothing inside them is the first to go when space is short. */
  readonly focus: readonly string[];
  readonly moments: readonly Moment[];
  readonly source: {
    readonly name: string;
    readonly url: string;
    readonly credit: string;
    /** Archive files, in order. */
    readonly files: readonly string[];
  };
  readonly references: readonly string[];
}

const youtubePakistan: EventDefinition = {
  id: 'youtube-pakistan-20080224',
  title: 'YouTube / Pakistan Telecom, 24 February 2008',
  description:
    'Pakistan Telecom (AS17557) announced 208.65.153.0/24, part of YouTube (AS36561), and its provider PCCW (AS3491) ' +
    'passed it on to the world. YouTube answered with the same /24 and two /25s until the route was withdrawn.',
  collector: 'route-views2',
  from: '2008-02-24T18:30:00Z',
  to: '2008-02-24T21:15:00Z',
  baselineFrom: '20080223.0014',
  focus: ['208.65.152.0/22'],
  moments: [
    { time: '2008-02-24T18:47:57Z', text: 'AS17557 announces 208.65.153.0/24' },
    { time: '2008-02-24T20:07:25Z', text: 'AS36561 announces 208.65.153.0/24 itself' },
    { time: '2008-02-24T20:18:43Z', text: 'AS36561 announces 208.65.153.0/25 and 208.65.153.128/25' },
    { time: '2008-02-24T21:00:49Z', text: 'last announcement with origin AS17557' },
    { time: '2008-02-24T21:01:21Z', text: 'last withdrawal of the hijacked route' },
  ],
  source: {
    name: 'Route Views, collector route-views2, UPDATE files (MRT)',
    url: 'http://archive.routeviews.org/bgpdata/2008.02/UPDATES/',
    credit: 'University of Oregon Route Views Project, https://www.routeviews.org/',
    files: [
      '1824',
      '1839',
      '1854',
      '1909',
      '1924',
      '1939',
      '1954',
      '2009',
      '2026',
      '2041',
      '2056',
      '2111',
    ].map((time) => `updates.20080224.${time}.bz2`),
  },
  references: ['https://www.ripe.net/about-us/news/youtube-hijacking-a-ripe-ncc-ris-case-study/'],
};

export const EVENTS: readonly EventDefinition[] = [youtubePakistan];
