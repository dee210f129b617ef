//! What is never triggered while a site is explored: what ends the session, destroys, costs money or tells somebody. Words
//! are compared whole, in the languages labels are most often written in. In doubt a thing is left alone and listed.

use argos_webtest::words;

/// Words of which one is enough, each with what it would do.
const WORDS: [(&str, &[&str]); 4] = [
    ("ends the session", &["logout", "logoff", "signout", "signoff", "abmelden", "ausloggen", "deconnexion", "desconectar", "disconnect"]),
    (
        "destroys something",
        &[
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
            "uninstall",
            "archive",
            "eliminar",
            "elimina",
            "borrar",
            "borra",
            "suprimir",
            "desactivar",
            "revocar",
            "restablecer",
            "löschen",
            "entfernen",
            "deaktivieren",
            "supprimer",
            "effacer",
            "excluir",
            "apagar",
            "remover",
            "cancella",
        ],
    ),
    (
        "costs money",
        &[
            "pay",
            "payment",
            "purchase",
            "buy",
            "order",
            "donate",
            "subscribe",
            "pagar",
            "comprar",
            "compra",
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
        ],
    ),
    ("tells somebody", &["unsubscribe", "send", "invite", "publish", "enviar", "invitar", "publicar", "senden", "envoyer", "baja"]),
];
/// Words that mean it together, in this order.
const PHRASES: [(&str, &[&str]); 10] = [
    ("ends the session", &["log", "out"]),
    ("ends the session", &["log", "off"]),
    ("ends the session", &["sign", "out"]),
    ("ends the session", &["sign", "off"]),
    ("ends the session", &["cerrar", "sesión"]),
    ("ends the session", &["cerrar", "sesion"]),
    ("ends the session", &["se", "déconnecter"]),
    ("destroys something", &["close", "account"]),
    ("destroys something", &["cancel", "subscription"]),
    ("costs money", &["place", "order"]),
];
/// Words that only a button makes true: a link to the orders or to a form shows something.
const ONLY_BUTTONS: [&str; 10] = ["order", "payment", "subscribe", "send", "invite", "publish", "archive", "reset", "enviar", "compra"];

/// Why an element or address with these texts must not be triggered; `None` when nothing speaks against it. For a link
/// (`is_link`) the weaker words are no reason: the page behind it is only looked at.
pub fn danger(texts: &[&str], is_link: bool) -> Option<&'static str> {
    texts.iter().find_map(|text| {
        let words = words(text);
        let one = WORDS.iter().find_map(|(why, list)| {
            let hit = |w: &String| list.contains(&w.as_str()) && !(is_link && ONLY_BUTTONS.contains(&w.as_str()));
            words.iter().any(hit).then_some(*why)
        });
        one.or_else(|| {
            let says = |phrase: &[&str]| words.windows(phrase.len()).any(|w| w.iter().map(String::as_str).eq(phrase.iter().copied()));
            PHRASES
                .iter()
                .filter(|(_, phrase)| !(is_link && phrase.iter().any(|w| ONLY_BUTTONS.contains(w))))
                .find(|(_, phrase)| says(phrase))
                .map(|(why, _)| *why)
        })
    })
}

/// Whether a control only opens something: a menu, a tab, a fold, a dialog.
pub fn opens_something(tag: &str, role: Option<&str>, has_popup: bool, expanded: Option<bool>) -> bool {
    tag == "summary" || matches!(role, Some("tab" | "menuitem")) || has_popup || expanded == Some(false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_taken_back_is_named_and_what_only_shows_is_not() {
        for text in [
            "Log out",
            "Sign Out",
            "Delete",
            "deleteUser",
            "/items/3/delete",
            "Remove from cart",
            "Pay now",
            "Buy",
            "Cerrar sesión",
            "Darse de baja",
            "Konto löschen",
            "Unsubscribe",
        ] {
            assert!(danger(&[text], false).is_some(), "{text}");
        }
        for text in ["Login", "Undeleted items", "Removable drives", "Payroll", "Buyers", "Show more", "Blog out there not", "Settings"] {
            assert_eq!(danger(&[text], false), None, "{text}");
        }
        assert!(danger(&["Orders", "/order/12"], true).is_none() && danger(&["Place order"], false).is_some());
        assert!(danger(&["", "/account/logout"], true).is_some());
    }

    #[test]
    fn controls_that_open_are_known_by_role_and_state() {
        assert!(opens_something("summary", None, false, None) && opens_something("button", Some("tab"), false, None));
        assert!(opens_something("button", None, false, Some(false)) && !opens_something("button", None, false, Some(true)));
        assert!(!opens_something("button", Some("button"), false, None));
    }

    proptest! {
        #[test]
        fn dangerous_word_is_found_wherever_it_stands(before in "[a-z ]{0,20}", after in "[a-z ]{0,20}", word in "(delete|logout|pay|destroy)") {
            let (label, path) = (format!("{before} {word} {after}"), format!("/{word}/3"));
            prop_assert!(danger(&[&label], true).is_some() && danger(&[&path], true).is_some());
        }
    }
}
