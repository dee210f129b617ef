// English: sign in, second factor, first run, password change.
export default {
  'login.title': 'Sign in', 'login.lead': 'to your control plane',
  'login.username': 'User name', 'login.password': 'Password', 'login.submit': 'Sign in',
  'login.wrong': 'User name or password is wrong.',
  'login.lockedFor': '{n, plural, one {Too many attempts. Try again in # second.} other {Too many attempts. Try again in # seconds.}}',
  'login.codeTitle': 'Second step', 'login.codeLead': 'Enter the 6-digit code of your authenticator app.', 'login.code': 'Code', 'login.verify': 'Verify',
  'login.codeWrong': 'That code is not valid. Codes change every 30 seconds and work once.',
  'login.useRecovery': 'Use a recovery code', 'login.recoveryTitle': 'Recovery code', 'login.recoveryLead': 'Each of your ten codes works once.', 'login.recoveryCode': 'Recovery code', 'login.recoveryWrong': 'That recovery code is not valid or was used before.',
  'login.useCode': 'Use the authenticator app', 'login.back': 'Back to the start', 'login.expired': 'This sign-in took too long. Start again.',
  'login.or': 'or', 'login.with': 'Sign in with {name}', 'login.oidcFailed': 'Single sign-on did not work: {reason}',
  'login.passkey': 'Sign in with a passkey', 'login.usePasskey': 'Use a passkey', 'login.passkeyLead': 'Confirm with your passkey.', 'login.passkeyFailed': 'The passkey was not accepted. Nothing was changed.',
  'login.firstRun': 'First start? The password stands once in the server log and in the file first-run-password of the data directory.',
  'welcome.title': 'Welcome to Argos', 'welcome.lead': 'Choose your own password. The one from the first start stops working.',
  'welcome.current': 'Current password', 'welcome.new': 'New password', 'welcome.repeat': 'Repeat the new password',
  'welcome.rule': 'At least 8 characters with an upper-case letter, a lower-case letter and a digit.', 'welcome.submit': 'Set password and continue', 'welcome.mismatch': 'The two passwords differ.', 'welcome.wrongCurrent': 'The current password is wrong.',
  'welcome.tooShort': '{n, plural, one {# character missing} other {# characters missing}}', 'welcome.needUpper': 'an upper-case letter is missing', 'welcome.needLower': 'a lower-case letter is missing', 'welcome.needDigit': 'a digit is missing', 'welcome.strong': 'Good',
  'welcome.language': 'Language', 'welcome.zone': 'Your time zone: {zone}', 'welcome.done': 'Your password is set.', 'welcome.change': 'Change password', 'welcome.changed': 'Password changed. Your other sessions were ended.',
} as const;
