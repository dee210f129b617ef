// Spanish: accounts at other tools.
import type en from '../en/integrations';

export default {
  'tools.title': 'Herramientas conectadas', 'tools.sub': 'Sus cuentas en otras herramientas: Argos actúa allí con sus permisos', 'tools.connected': 'Conectada', 'tools.not': 'Sin conectar', 'tools.notSetUp': 'Sin configurar', 'tools.notSetUpText': 'Quien gestiona esta instancia la registra en {name} e introduce lo que {name} le da en estos ajustes:', 'tools.expired': 'Acceso terminado', 'tools.expiredText': '{name} ya no renueva el acceso. Hasta que la conecte de nuevo no se hace nada allí en su nombre.', 'tools.connect': 'Conectar', 'tools.reconnect': 'Conectar de nuevo', 'tools.disconnect': 'Desconectar', 'tools.disconnectEffect': '¿Olvidar esta cuenta?', 'tools.disconnected': '{name} está desconectada', 'tools.done': '{name} está conectada', 'tools.failed': '{name} no se conectó: {why}', 'tools.since': 'desde {when}', 'tools.unnamed': 'Una cuenta sin nombre', 'tools.scopes': '{n, plural, one {# permiso} other {# permisos}}',
  'tools.about.github': 'Repositorios, incidencias y comprobaciones', 'tools.about.slack': 'Mensajes en su espacio de trabajo', 'tools.about.jira': 'Incidencias y proyectos', 'tools.about.linear': 'Incidencias y equipos',
  'tools.error.invalid_state': 'el camino tardó demasiado o empezó en otro navegador', 'tools.error.access_denied': 'lo rechazó allí', 'tools.error.token_exchange_failed': 'no dio ningún token',
} as const satisfies Record<keyof typeof en, string>;
