//! Which profiles are tried, in which order.

use argos_powermib::Profile;

fn candidates(oid: &str) -> Vec<Profile> {
    Profile::candidates(Some(&oid.parse().unwrap()))
}

#[test]
fn known_vendor_is_tried_before_the_standard_and_nothing_else() {
    assert_eq!(
        candidates("1.3.6.1.4.1.318.1.3.4.5"),
        [Profile::ApcUps, Profile::ApcRpdu2, Profile::ApcRpdu, Profile::ApcEasypdu, Profile::Rfc1628,]
    );
    assert_eq!(candidates("1.3.6.1.4.1.13742.6"), [Profile::Raritan, Profile::Rfc1628]);
}

#[test]
fn unknown_vendor_is_tried_with_the_standard_then_everything() {
    for list in [candidates("1.3.6.1.4.1.935.10"), candidates("1.3.6.1.2.1.33.2"), Profile::candidates(None)] {
        assert_eq!(list[0], Profile::Rfc1628);
        assert_eq!(list.len(), Profile::ALL.len());
    }
}

#[test]
fn profile_name_leads_back_to_the_profile() {
    for profile in Profile::ALL {
        assert_eq!(Profile::from_name(profile.name()), Some(profile));
    }
    assert_eq!(Profile::from_name("auto"), None);
}
