import type { RoutingEvent } from '#core/event/event.ts';

/** What is told about where a recording's data come from. */
export interface SourceCredit {
  readonly name: string;
  readonly url: string;
  readonly credit: string;
}

const ROUTEVIEWS = 'University of Oregon Route Views Project, https://www.routeviews.org/';
const RIS = 'RIPE NCC Routing Information Service (RIS), https://ris.ripe.net/';

/** Events whose data did not come straight from a public archive's files. */
const CREDITS: Readonly<Record<string, SourceCredit>> = {
  'youtube-pakistan-20080224': {
    name: 'Route Views, collector route-views2, UPDATE files (MRT)',
    url: 'http://archive.routeviews.org/bgpdata/2008.02/UPDATES/',
    credit: ROUTEVIEWS,
  },
  'telegram-rcom-20260616': {
    name: 'RIPEstat bgp-updates of 35 prefixes, gathered by the-solipsist',
    url: 'https://github.com/the-solipsist/telegram-bgp-hijack-analysis',
    credit: RIS,
  },
};

const LABELLED: SourceCredit = {
  name: 'labelled incidents of grace71/bgp-hijacks-classifier',
  url: 'https://github.com/grace71/bgp-hijacks-classifier',
  credit: `Copyright (c) 2019 Shinyoung Cho, MIT License; made from data of ${RIS} and of ${ROUTEVIEWS}`,
};

const ARCHIVES: SourceCredit = {
  name: 'files of the public archives of RIS and Route Views (MRT)',
  url: 'https://data.ris.ripe.net/',
  credit: `${RIS}; ${ROUTEVIEWS}`,
};

/** Whom to thank for the data of `event`. @param isElemJsonl whether it was read from elem JSONL. */
export function creditOf(event: RoutingEvent, isElemJsonl: boolean): SourceCredit {
  return CREDITS[event.id] ?? (isElemJsonl ? LABELLED : ARCHIVES);
}
