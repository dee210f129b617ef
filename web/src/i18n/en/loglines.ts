// English: the log store.
export default {
  'loglines.title': 'Logs', 'loglines.sub': 'Every stored line, followed live', 'loglines.source': 'Source', 'loglines.allSources': 'All sources', 'loglines.source.system': 'This server', 'loglines.source.audit': 'Audit', 'loglines.source.job': 'Jobs', 'loglines.source.agent': 'Agents', 'loglines.source.caddy_access': 'Access', 'loglines.source.caddy_error': 'Proxy errors', 'loglines.source.waf_audit': 'Firewall',
  'loglines.level': 'Level', 'loglines.allLevels': 'All levels', 'loglines.warning': 'Warning and worse', 'loglines.error': 'Error and worse', 'loglines.critical': 'Critical only', 'loglines.search': 'Text in the line', 'loglines.status': 'Status, such as 5xx', 'loglines.apply': 'Search', 'loglines.export': 'CSV', 'loglines.older': 'Older lines', 'loglines.none': 'No line matches', 'loglines.noneText': 'Choose a longer span or fewer filters.', 'loglines.perBin': 'Lines over time', 'loglines.shown': '{shown} of {total} lines', 'loglines.live': 'live',
  'loglines.save': 'Save search', 'loglines.name': 'Name of the search', 'loglines.remove': 'Remove',
} as const;
