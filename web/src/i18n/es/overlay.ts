// Spanish: command palette and keyboard help.
import type en from '../en/overlay';

export default {
  'keys.title': 'Teclado', 'keys.global': 'En todas partes', 'keys.page': 'En esta página', 'keys.palette': 'Búsqueda y órdenes', 'keys.search': 'Buscar', 'keys.help': 'Esta ayuda', 'keys.pauseLive': 'Pausar o reanudar lo que llega en vivo', 'keys.jobs': 'Trabajos', 'keys.theme': 'Cambiar entre oscuro y claro', 'keys.nextRegion': 'Región siguiente', 'keys.previousTab': 'Pestaña anterior', 'keys.nextTab': 'Pestaña siguiente', 'keys.nextRow': 'Fila siguiente', 'keys.previousRow': 'Fila anterior', 'keys.filter': 'Filtrar', 'keys.pause': 'Pausar o seguir', 'keys.goTo': 'Ir a {name}', 'keys.singleKeys': 'Atajos de una tecla', 'keys.apiDocs': 'Referencia de la API', 'keys.apiSpec': 'Documento OpenAPI', 'keys.documentation': 'Para programas',
  'palette.title': 'Búsqueda y órdenes', 'palette.placeholder': 'Página, máquina, servicio, ajuste u orden', 'palette.empty': 'No se encontró nada para {text}', 'palette.pages': 'Páginas', 'palette.things': 'Cosas', 'palette.settings': 'Ajustes', 'palette.actions': 'Acciones', 'palette.recent': 'Recientes', 'palette.hint': 'Intro abre, las flechas mueven, Escape cierra',
} as const satisfies Record<keyof typeof en, string>;
