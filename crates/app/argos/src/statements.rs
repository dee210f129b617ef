//! Every statement of the product, prepared on every engine there is.

use argos_store::testing::each_engine;

#[tokio::test]
async fn every_statement_prepares_on_each_engine() {
    let domains = crate::domains();
    let migrations = crate::boot::migrations(&domains);
    let statements = crate::boot::statements(&domains);
    assert!(statements.len() > 100, "the list of statements is not the product's");
    let mut names = std::collections::BTreeSet::new();
    for s in &statements {
        assert!(names.insert(s.name), "two statements are called {}", s.name);
    }
    for t in each_engine(&migrations).await {
        for s in &statements {
            let outcome = t.store.part(s.part).prepare(*s).await;
            assert!(outcome.is_ok(), "{} on {:?}: {outcome:?}", s.name, t.store.engine());
        }
    }
}
