// Spanish: tables, charts and log views.
import type en from '../en/data';

export default {
  'table.filter': 'Filtrar', 'table.filterHint': '- excluye, > < comparan, la coma significa o', 'table.clearFilter': 'Quitar el filtro', 'table.unknownKey': '{token}: no existe ese campo.', 'table.numberExpected': '{token}: se espera un número.', 'table.count': '{n, plural, one {# fila} other {# filas}}', 'table.countOf': '{shown} de {total}', 'table.moved': '{n, plural, one {# movida, reordenar} other {# movidas, reordenar}}', 'table.columns': 'Columnas', 'table.alwaysShown': 'siempre visible', 'table.csv': 'Descargar CSV', 'table.noMatch': 'Ninguna de {total} cumple el filtro', 'table.empty': 'Aún no hay nada aquí',
  'chart.range': 'Intervalo', 'chart.time': 'Hora', 'chart.options': 'Opciones del gráfico', 'chart.asTable': 'Ver como tabla', 'chart.asChart': 'Ver como gráfico', 'chart.noData': 'Sin datos en este intervalo', 'chart.failed': 'No se pudo cargar el gráfico', 'chart.summary': '{name}: último {last}, entre {min} y {max}.',
  'log.follow': 'Seguir', 'log.following': 'Siguiendo', 'log.wrap': 'Ajustar', 'log.download': 'Descargar', 'log.lines': '{n, plural, one {# línea} other {# líneas}}',
  'draft.restored': 'Sigue donde lo dejó, escrito', 'draft.startOver': 'Empezar de nuevo', 'draft.kept': 'Borrador guardado',
  'sev.debug': 'Depuración', 'sev.info': 'Aviso', 'sev.warning': 'Advertencia', 'sev.error': 'Error', 'sev.danger': 'Peligro', 'sev.critical': 'Crítico',
  'job.backup': 'Copia de seguridad', 'job.backup.verify': 'Comprobación de una copia', 'job.audit.verify': 'Comprobación de la auditoría', 'job.jobs.prune': 'Limpieza de trabajos antiguos', 'job.vault.rekey': 'Clave de datos nueva', 'job.power.outlet': 'Conmutación de tomas', 'job.power.discover': 'Búsqueda de SAI',
  'jobstate.backoff': 'Espera tras un fallo', 'jobstate.finished': 'Terminada', 'jobstate.queued': 'En cola', 'jobstate.waiting': 'Espera una decisión', 'jobstate.running': 'En marcha', 'jobstate.succeeded': 'Hecho', 'jobstate.failed': 'Falló', 'jobstate.timeout': 'Sin tiempo', 'jobstate.cancelled': 'Cancelado', 'jobstate.skipped': 'Omitido',
  'sev.low': 'Bajo', 'sev.medium': 'Medio', 'sev.high': 'Alto',
  'trigger.manual': 'A mano', 'trigger.api': 'Por un programa', 'trigger.schedule': 'Por el reloj', 'trigger.event': 'Por un suceso', 'trigger.webhook': 'Por un webhook', 'trigger.system': 'Por el servidor',
} as const satisfies Record<keyof typeof en, string>;
