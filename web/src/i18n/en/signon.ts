// English: single sign-on settings, approval of devices, passkeys.
export default {
  'signon.title': 'Sign-on', 'signon.sub': 'Let people in with the accounts they already have',
  'signon.provider': 'OpenID Connect provider', 'signon.on': 'On', 'signon.off': 'Off',
  'signon.enabled': 'Sign-in with this provider', 'signon.issuer': 'Issuer address', 'signon.issuerHelp': 'Where the provider publishes its configuration, without /.well-known.',
  'signon.client': 'Client ID', 'signon.secret': 'Client secret', 'signon.secretSet': 'A secret is stored. Leave empty to keep it.', 'signon.secretUnset': 'From the provider; empty for a public client.',
  'signon.name': 'Text on the button', 'signon.scopes': 'Scopes', 'signon.redirect': 'Redirect address', 'signon.redirectHelp': 'Register exactly this address at the provider.',
  'signon.admission': 'Who may come in', 'signon.provision': 'Make an account at the first sign-in', 'signon.role': 'Role of new accounts', 'signon.verified': 'Only verified e-mail addresses',
  'signon.domains': 'Allowed domains', 'signon.emails': 'Allowed addresses', 'signon.listHelp': 'One per line. With both lists empty everyone at the provider may come in.',
  'signon.cookieDomain': 'Shared cookie domain', 'signon.cookieHelp': 'Only when sibling hosts share this sign-in.',
  'signon.test': 'Test the issuer', 'signon.testOk': 'The provider answers as {issuer}', 'signon.testFailed': 'The provider cannot be used: {why}', 'signon.endpoints': 'Its endpoints',
  'signon.save': 'Save', 'signon.saved': 'Sign-on settings saved.',
  'device.title': 'Connect a device', 'device.lead': 'Enter the code the program or device shows.', 'device.code': 'Code', 'device.next': 'Continue',
  'device.confirm': 'Let this device in?', 'device.confirmLead': 'Only if your own device shows this code right now.', 'device.program': 'Program', 'device.may': 'It may', 'device.from': 'Asked from', 'device.unknown': 'unknown address', 'device.as': 'As', 'device.approve': 'Approve', 'device.deny': 'Deny', 'device.approved': 'The device is connected', 'device.approvedLead': 'You can close this page. The program goes on by itself.', 'device.denied': 'The device was refused', 'device.deniedLead': 'It gets no access.', 'device.notFound': 'This code is not known or was used before.', 'device.expired': 'This code is too old. Start again on the device.', 'device.home': 'To the start page',
} as const;
