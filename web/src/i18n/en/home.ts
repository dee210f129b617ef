// English: Home and the Add page.
export default {
  'home.wellOnly': '{n, plural, =0 {All well} one {All well, # thing watched} other {All well, # things watched}}',
  'home.problems': '{n, plural, one {# problem} other {# problems}}', 'home.andWell': '{n, plural, one {# thing well} other {# things well}}',
  'home.unknownState': 'State not known yet', 'home.sub': '{host}, up {uptime}', 'home.subNoUptime': '{host}',
  'home.cpu': 'CPU', 'home.memory': 'Memory', 'home.network': 'Network', 'home.diskIo': 'Disk I/O', 'home.temperature': 'Temperature',
  'home.cores': '{n, plural, one {# core} other {# cores}}', 'home.load1': 'load {value}', 'home.memOf': '{used} of {total}', 'home.in': 'in', 'home.out': 'out', 'home.read': 'read', 'home.write': 'write', 'home.noSensor': 'This machine reports no temperature sensor',
  'home.last30': 'up to 30 min',
  'home.attention': 'Attention',
  'home.moreProblems': '{n, plural, one {# more problem} other {# more problems}}',
  'home.disks': 'Disks', 'home.noDisks': 'No filesystem reported', 'home.free': '{amount} free', 'home.services': 'Services', 'home.noServices': 'No service is watched yet', 'home.noServicesText': 'Name the units to watch and their state appears here.', 'home.chooseServices': 'Choose services',
  'home.servicesOk': '{n, plural, one {# running} other {# running}}', 'home.top': 'Busiest processes', 'home.topCpu': 'CPU', 'home.topMem': 'Memory', 'home.noTop': 'Nothing measurable is running',
  'home.openMachine': 'Open machine',
  'home.changed': 'Changed since yesterday', 'home.changedNone': 'Nothing changed in the last 24 hours', 'home.changedNoneText': 'Events of every part appear here as they happen.', 'home.allEvents': 'Timeline',
  'home.setup': 'Setup health', 'home.setupCount': '{done} of {total}', 'home.health': 'Health score', 'home.noScore': 'Not enough is known for a score', 'home.details': 'Details',
  'setup.password': 'Own password', 'setup.password.todo': 'Still the one from the first start', 'setup.second_factor': 'Second factor for your account', 'setup.second_factor.todo': 'Only a password protects it', 'setup.channel': 'A channel that tells you', 'setup.channel.todo': 'Nobody is told when something fails', 'setup.backup': 'A backup target', 'setup.backup.todo': 'A lost disk loses everything', 'setup.tls': 'Encrypted connection', 'setup.tls.todo': 'This page arrived over plain HTTP',
  'add.title': 'Add', 'add.lead': 'What Argos can look after. A part appears in the rail once something is set up in it, or when you pin it.', 'add.pin': 'Pin to the rail', 'add.unpin': 'Unpin',
  'add.sites': 'Publish web applications under your domain with certificates and a web application firewall.', 'add.power': 'Watch UPS, PDU and sensors, and shut machines down in order when power fails.', 'add.media': 'Manage media nodes, flows and tunnels.', 'add.tests': 'Write browser tests, run them and see every step on screen.',
  'add.now': 'Ready to use', 'home.onMains': 'On mains', 'home.onBattery': '{n, plural, one {One UPS on battery} other {# UPSes on battery}}', 'home.upsOffline': '{n, plural, one {One UPS does not answer} other {# UPSes do not answer}}', 'home.kwhToday': '{kwh} kWh today', 'add.ups': 'UPS', 'add.upsText': 'Watch a UPS: mains, battery, load, outages, energy.', 'add.channel': 'Notification channel', 'add.channelText': 'Be told by webhook when something needs you.', 'add.rule': 'Alert rule', 'add.ruleText': 'One sentence: when what is how, for how long, tell whom.', 'add.user': 'Person', 'add.userText': 'Give someone their own sign-in and role.', 'add.key': 'API key', 'add.keyText': 'Let a program read or act.', 'add.parts': 'Parts',
 
} as const;
