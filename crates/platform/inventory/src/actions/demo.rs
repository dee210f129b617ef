//! Putting the made-up things in, and taking all of them out again.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, Result};

use crate::Inventory;
use crate::model::demo::{KIND, feed};
use crate::model::thing::Feed;
use crate::store::{changes, things};

impl Inventory {
    /// How many made-up things there are; none unless somebody put them in.
    pub(crate) async fn demo_things(&self) -> Result<usize> {
        Ok(things::digests(&self.0.db, KIND).await?.len())
    }

    /// Puts them in or takes them out. Doing so twice is doing so once.
    pub(crate) async fn switch_demo(&self, actor: &Actor, on: bool) -> Result<usize> {
        let _one_at_a_time = self.0.demo.lock().await;
        if on != (self.demo_things().await? > 0) {
            // What another process fed or took out is not remembered here.
            self.0.fed.lock().await.remove(KIND);
            let none = Feed { source: KIND, things: Vec::new(), links: Vec::new() };
            self.feed(if on { feed(self.0.clock.now()) } else { none }).await?;
            let word = if on { "put in" } else { "taken out" };
            let entry = Entry::new(if on { "demo.on" } else { "demo.off" }, Category::Data).target("demo", "things");
            self.0.audit.note(actor, entry.describe(format!("Made-up things {word}"))).await?;
        }
        self.demo_things().await
    }

    /// Lets what is in go on living: the mains of its UPS fail now and then.
    pub(crate) async fn live_demo(&self) -> Result<()> {
        // Whoever takes them out meanwhile waits, so that none comes back.
        let _one_at_a_time = self.0.demo.lock().await;
        if self.demo_things().await? == 0 {
            return Ok(());
        }
        self.feed(feed(self.0.clock.now())).await
    }

    /// Forgets what was taken out, whole. The number of rows that went.
    pub(crate) async fn forget_demo(&self) -> Result<u64> {
        Ok(things::forget(&self.0.db, KIND).await? + changes::forget(&self.0.db, KIND).await?)
    }
}
