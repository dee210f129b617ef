// Spanish: single sign-on settings, approval of devices, passkeys.
import type en from '../en/signon';

export default {
  'signon.title': 'Inicio de sesión', 'signon.sub': 'Deje entrar a las personas con las cuentas que ya tienen',
  'signon.provider': 'Proveedor OpenID Connect', 'signon.on': 'Activado', 'signon.off': 'Desactivado',
  'signon.enabled': 'Iniciar sesión con este proveedor', 'signon.issuer': 'Dirección del emisor', 'signon.issuerHelp': 'Donde el proveedor publica su configuración, sin /.well-known.',
  'signon.client': 'ID de cliente', 'signon.secret': 'Secreto de cliente', 'signon.secretSet': 'Hay un secreto guardado. Déjelo vacío para conservarlo.', 'signon.secretUnset': 'Del proveedor; vacío para un cliente público.',
  'signon.name': 'Texto del botón', 'signon.scopes': 'Ámbitos', 'signon.redirect': 'Dirección de retorno', 'signon.redirectHelp': 'Registre exactamente esta dirección en el proveedor.',
  'signon.admission': 'Quién puede entrar', 'signon.provision': 'Crear una cuenta en el primer inicio de sesión', 'signon.role': 'Rol de las cuentas nuevas', 'signon.verified': 'Solo direcciones de correo verificadas',
  'signon.domains': 'Dominios permitidos', 'signon.emails': 'Direcciones permitidas', 'signon.listHelp': 'Una por línea. Con ambas listas vacías pueden entrar todas las personas del proveedor.',
  'signon.cookieDomain': 'Dominio de cookies compartido', 'signon.cookieHelp': 'Solo si otros servidores comparten este inicio de sesión.',
  'signon.test': 'Probar el emisor', 'signon.testOk': 'El proveedor responde como {issuer}', 'signon.testFailed': 'No se puede usar el proveedor: {why}', 'signon.endpoints': 'Sus direcciones',
  'signon.save': 'Guardar', 'signon.saved': 'Configuración guardada.',
  'device.title': 'Conectar un dispositivo', 'device.lead': 'Escriba el código que muestra el programa o dispositivo.', 'device.code': 'Código', 'device.next': 'Continuar',
  'device.confirm': '¿Dejar entrar a este dispositivo?', 'device.confirmLead': 'Solo si su propio dispositivo muestra este código ahora mismo.', 'device.program': 'Programa', 'device.may': 'Podrá', 'device.from': 'Solicitado desde', 'device.unknown': 'dirección desconocida', 'device.as': 'Como', 'device.approve': 'Aprobar', 'device.deny': 'Rechazar', 'device.approved': 'El dispositivo está conectado', 'device.approvedLead': 'Puede cerrar esta página. El programa continúa solo.', 'device.denied': 'El dispositivo fue rechazado', 'device.deniedLead': 'No obtiene acceso.', 'device.notFound': 'Este código no se conoce o ya se usó.', 'device.expired': 'Este código es demasiado antiguo. Empiece de nuevo en el dispositivo.', 'device.home': 'A la página de inicio',
} as const satisfies Record<keyof typeof en, string>;
