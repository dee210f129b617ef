//! Naming the cases of an area, so that a failure says which one it was.

pub(crate) async fn case(name: &str, body: impl Future<Output = ()>) {
    println!("case: {name}");
    Box::pin(body).await;
}

/// Every file with cases.
const FILES: [&str; 5] = [
    include_str!("browser.rs"),
    include_str!("device.rs"),
    include_str!("elements.rs"),
    include_str!("fields.rs"),
    include_str!("network.rs"),
];

#[test]
fn corpus_has_sixty_cases_and_each_a_name_of_its_own() {
    let begin = concat!("case(", "\"");
    let names = FILES.iter().flat_map(|file| file.split(begin).skip(1)).filter_map(|rest| rest.split('"').next());
    let all: Vec<&str> = names.collect();
    let apart: std::collections::BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(all.len(), apart.len(), "a name stands twice");
    assert!(apart.len() >= 60, "{} cases", apart.len());
}
