// English: tables, charts and log views.
export default {
  'table.filter': 'Filter', 'table.filterHint': '- excludes, > < compare, commas mean or', 'table.clearFilter': 'Clear filter',
  'table.unknownKey': '{token}: no such field.', 'table.numberExpected': '{token}: a number is expected.',
  'table.count': '{n, plural, one {# row} other {# rows}}', 'table.countOf': '{shown} of {total}', 'table.moved': '{n, plural, one {# moved, reorder} other {# moved, reorder}}',
  'table.columns': 'Columns', 'table.alwaysShown': 'always shown', 'table.csv': 'Download CSV', 'table.noMatch': 'None of {total} matches the filter', 'table.empty': 'Nothing here yet',
  'chart.range': 'Time range', 'chart.time': 'Time', 'chart.options': 'Chart options', 'chart.asTable': 'Show as table', 'chart.asChart': 'Show as chart', 'chart.noData': 'No data in this range', 'chart.failed': 'The chart could not be loaded',
  'chart.summary': '{name}: last {last}, between {min} and {max}.',
  'log.follow': 'Follow', 'log.following': 'Following', 'log.wrap': 'Wrap', 'log.download': 'Download', 'log.lines': '{n, plural, one {# line} other {# lines}}',
  'draft.restored': 'Goes on where you left off, written', 'draft.startOver': 'Start over', 'draft.kept': 'Draft kept',
  'sev.debug': 'Debug', 'sev.info': 'Info', 'sev.warning': 'Warning', 'sev.error': 'Error', 'sev.danger': 'Danger', 'sev.critical': 'Critical',
  'job.backup': 'Backup', 'job.backup.verify': 'Check of a backup', 'job.audit.verify': 'Check of the audit log', 'job.jobs.prune': 'Clearing of old jobs', 'job.vault.rekey': 'New data key', 'job.power.outlet': 'Outlet switching', 'job.power.discover': 'Search for UPSes',
  'jobstate.backoff': 'Waits after a failure', 'jobstate.finished': 'Finished', 'jobstate.queued': 'Queued', 'jobstate.waiting': 'Waits for a decision', 'jobstate.running': 'Running', 'jobstate.succeeded': 'Done', 'jobstate.failed': 'Failed', 'jobstate.timeout': 'Out of time', 'jobstate.cancelled': 'Cancelled', 'jobstate.skipped': 'Skipped',
  'sev.low': 'Low', 'sev.medium': 'Medium', 'sev.high': 'High',
  'trigger.manual': 'By hand', 'trigger.api': 'By a program', 'trigger.schedule': 'By the clock', 'trigger.event': 'By an event', 'trigger.webhook': 'By a webhook', 'trigger.system': 'By the server',
} as const;
