//! Naming the cases of an area, so that a failure says which one it was.

pub(crate) async fn case(name: &str, body: impl Future<Output = ()>) {
    println!("case: {name}");
    Box::pin(body).await;
}
