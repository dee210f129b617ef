// Spanish: the log store.
import type en from '../en/loglines';

export default {
  'loglines.title': 'Registros', 'loglines.sub': 'Cada línea guardada, seguida en directo', 'loglines.source': 'Origen', 'loglines.allSources': 'Todos los orígenes', 'loglines.source.system': 'Este servidor', 'loglines.source.audit': 'Auditoría', 'loglines.source.job': 'Trabajos', 'loglines.source.agent': 'Agentes', 'loglines.source.caddy_access': 'Accesos', 'loglines.source.caddy_error': 'Errores del proxy', 'loglines.source.waf_audit': 'Cortafuegos',
  'loglines.level': 'Nivel', 'loglines.allLevels': 'Todos los niveles', 'loglines.warning': 'Aviso o peor', 'loglines.error': 'Error o peor', 'loglines.critical': 'Solo críticos', 'loglines.search': 'Texto en la línea', 'loglines.status': 'Estado, p. ej. 5xx', 'loglines.apply': 'Buscar', 'loglines.older': 'Líneas anteriores', 'loglines.none': 'Ninguna línea coincide', 'loglines.noneText': 'Elige un periodo más largo o menos filtros.', 'loglines.perBin': 'Líneas en el tiempo', 'loglines.shown': '{shown} de {total} líneas', 'loglines.live': 'en directo', 'loglines.notLive': 'no en directo', 'loglines.notLiveWhy': 'Ya siguen el registro demasiadas páginas tuyas',
  'loglines.save': 'Guardar búsqueda', 'loglines.name': 'Nombre de la búsqueda', 'loglines.remove': 'Quitar',
} as const satisfies Record<keyof typeof en, string>;
