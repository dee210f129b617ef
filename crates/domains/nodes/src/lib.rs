//! The domain `nodes`: media edges and relays that dial in from behind other people's networks. It knows who they are,
//! what they say, and changes them over the link they hold open.
//!
//! It owns the tables `nodes` and `node_*`. Rooms: `model` pure rules, `store` SQL, `actions` use cases, `link` the
//! sockets of nodes, `workers` what goes on by itself, `routes` one file per route group. It must never dial a node,
//! log what a frame carries, or show a secret of a configuration. Figures and pictures live in memory and are lost with
//! the process; nodes send them again.

mod actions;
mod elsewhere;
mod link;
mod model;
mod news;
mod routes;
mod service;
mod sessions;
mod store;
mod traffic;
mod turns;
mod workers;

use std::sync::Arc;

use argos_platform::{Domain, Platform, Started};
use argos_store::{Migration, Part, Stmt};

pub use service::Nodes;

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] =
    &[store::links::ALL, store::nodes::ALL, store::parts::ALL, store::sealed::ALL, store::tunnels::ALL, store::views::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "nodes",
        part: Part::State,
        version: 1,
        name: "nodes",
        sqlite: include_str!("../migrations/sqlite/0001_nodes.sql"),
        postgres: include_str!("../migrations/postgres/0001_nodes.sql"),
    },
    Migration {
        module: "nodes",
        part: Part::State,
        version: 2,
        name: "replicas",
        sqlite: include_str!("../migrations/sqlite/0002_replicas.sql"),
        postgres: include_str!("../migrations/postgres/0002_replicas.sql"),
    },
    Migration {
        module: "nodes",
        part: Part::State,
        version: 3,
        name: "tunnel_news",
        sqlite: include_str!("../migrations/sqlite/0003_tunnel_news.sql"),
        postgres: include_str!("../migrations/postgres/0003_tunnel_news.sql"),
    },
    Migration {
        module: "nodes",
        part: Part::State,
        version: 4,
        name: "calls",
        sqlite: include_str!("../migrations/sqlite/0004_calls.sql"),
        postgres: include_str!("../migrations/postgres/0004_calls.sql"),
    },
];

/// What this domain hands to the application.
pub fn domain() -> Domain {
    let build = |platform: &Platform| {
        let nodes = Arc::new(Nodes::new(platform));
        traffic::observe(&nodes);
        platform.desk.add(actions::desk::NodesDesk(platform.store.state.clone()));
        platform.portable.set_nodes(Arc::new(actions::document::NodesSection::new(&nodes)));
        platform.portable.add(Arc::new(actions::portable::PortableNodes::new(actions::document::NodesSection::new(&nodes))));
        platform.llm.set_fleet(Arc::new(actions::facts::Facts::new(&nodes)));
        let (everywhere, leading) = (Arc::clone(&nodes), Arc::clone(&nodes));
        Started::new(routes::routes(&nodes))
            .before_ready(move || Box::pin(async move { workers::start(&everywhere).await }))
            .on_ready(move || workers::lead(&leading))
    };
    Domain::new("nodes", build).tables(MIGRATIONS, STATEMENTS).sealed(store::sealed::SEALED)
}
