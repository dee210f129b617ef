// English: command palette and keyboard help.
export default {
  'keys.title': 'Keyboard', 'keys.global': 'Everywhere', 'keys.page': 'On this page', 'keys.palette': 'Search and commands', 'keys.search': 'Search', 'keys.help': 'This help', 'keys.pauseLive': 'Pause or resume live updates', 'keys.jobs': 'Jobs', 'keys.theme': 'Switch dark and light',
  'keys.nextRegion': 'Next region', 'keys.previousTab': 'Previous tab', 'keys.nextTab': 'Next tab', 'keys.nextRow': 'Next row', 'keys.previousRow': 'Previous row', 'keys.filter': 'Filter', 'keys.pause': 'Pause or follow', 'keys.goTo': 'Go to {name}',
  'keys.singleKeys': 'Single-key shortcuts', 'keys.apiDocs': 'API reference', 'keys.apiSpec': 'OpenAPI document', 'keys.documentation': 'For programs',
  'palette.title': 'Search and commands', 'palette.placeholder': 'Page, machine, service, setting or command', 'palette.empty': 'Nothing found for {text}', 'palette.pages': 'Pages', 'palette.things': 'Things', 'palette.settings': 'Settings', 'palette.actions': 'Actions', 'palette.recent': 'Recent', 'palette.hint': 'Enter opens, arrows move, Escape closes',
} as const;
