//! Words on things that cannot be undone, in the languages labels are most often written in. They are compared whole.

use crate::words;

/// What ends the session, destroys or costs money, whatever it stands on.
const STRONG: &[&str] = &[
    "logout",
    "logoff",
    "signout",
    "signoff",
    "abmelden",
    "ausloggen",
    "deconnexion",
    "déconnexion",
    "desconectar",
    "disconnect",
    "delete",
    "remove",
    "destroy",
    "erase",
    "purge",
    "wipe",
    "drop",
    "trash",
    "discard",
    "deactivate",
    "disable",
    "terminate",
    "revoke",
    "reset",
    "cancel",
    "uninstall",
    "eliminar",
    "elimina",
    "borrar",
    "borra",
    "suprimir",
    "desactivar",
    "revocar",
    "restablecer",
    "cancelar",
    "anular",
    "löschen",
    "entfernen",
    "deaktivieren",
    "stornieren",
    "kündigen",
    "supprimer",
    "effacer",
    "annuler",
    "excluir",
    "apagar",
    "remover",
    "cancella",
    "pay",
    "purchase",
    "buy",
    "donate",
    "pagar",
    "comprar",
    "donar",
    "suscribirse",
    "kaufen",
    "bezahlen",
    "bestellen",
    "acheter",
    "payer",
    "commander",
    "acquista",
    "paga",
    "unsubscribe",
    "baja",
];
/// What a button with such a word may do, and what many a harmless thing is called as well.
const WEAK: &[&str] = &[
    "order",
    "payment",
    "subscribe",
    "send",
    "invite",
    "publish",
    "archive",
    "enviar",
    "invitar",
    "publicar",
    "compra",
    "senden",
    "envoyer",
];
/// Words that mean it together, in this order.
const PHRASES: &[&str] = &[
    "log out",
    "log off",
    "sign out",
    "sign off",
    "cerrar sesión",
    "cerrar sesion",
    "se déconnecter",
    "close account",
    "close my account",
    "close your account",
    "cerrar cuenta",
    "cancel subscription",
    "place order",
];

/// What of these words and phrases is in the texts; the weak ones only where `weak` asks for them.
pub(super) fn dangers<'a>(texts: impl IntoIterator<Item = &'a str>, weak: bool) -> Vec<&'static str> {
    let told: Vec<String> = texts.into_iter().map(|text| format!(" {} ", words(text).join(" "))).collect();
    let more = if weak { WEAK } else { &[] };
    let all = STRONG.iter().chain(PHRASES).chain(more).copied();
    all.filter(|word| told.iter().any(|text| text.contains(&format!(" {word} ")))).collect()
}

#[cfg(test)]
mod tests {
    use super::dangers;

    #[test]
    fn what_cannot_be_undone_is_known_in_several_languages_and_as_whole_words_only() {
        for text in ["Eliminar cuenta", "Konto löschen", "Terminate account", "revoke-key", "Darse de baja", "/account/delete", "Sign-out"]
        {
            assert!(!dangers([text], false).is_empty(), "{text}");
        }
        for text in ["Undeleted items", "Removable drives", "Payroll", "Buyers", "Blog out there", "Settings"] {
            assert!(dangers([text], true).is_empty(), "{text}");
        }
        assert!(dangers(["Send"], false).is_empty() && dangers(["Send", "invite"], true) == ["send", "invite"]);
        assert_eq!(dangers(["Place order"], false), ["place order"]);
    }
}
