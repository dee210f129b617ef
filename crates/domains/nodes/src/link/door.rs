//! The door of `/ws/node`: who may try, for how long, and what a refused one hears.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{AppError, Result};
use argos_nodewire::{AUTH_MESSAGE_MAX, Auth, MESSAGE_MAX, auth_error};
use argos_web::{Knock, Message, Reply, Req, WebSocket};
use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;

use super::admit::Counts;
use super::doorway::Place;
use super::session;
use crate::service::Nodes;

/// How long a client may take to say who it is.
const AUTH_WAIT: Duration = Duration::from_secs(10);
/// How long a connection waits for a place: a whole fleet dials again in the moment the server is back.
const PLACE_WAIT: Duration = Duration::from_secs(5);
const UNAUTHORIZED: u16 = 4401;

/// `GET /ws/node`.
pub(crate) async fn open(nodes: Arc<Nodes>, mut req: Req) -> Result<Reply> {
    let ip = req.cx().client.ip;
    if !is_allowed(&nodes, ip)? {
        return Err(AppError::forbidden("This address may not connect nodes").code("address_not_allowed"));
    }
    let knock = req.knock();
    let Some(place) = timeout(PLACE_WAIT, nodes.doorway.enter(ip)).await.ok().flatten() else {
        forgive(knock);
        let error = AppError::rate_limited("Too many connections that have not proved themselves", 10);
        return Err(error.code("too_many_connections"));
    };
    req.websocket(AUTH_MESSAGE_MAX, move |socket| async move { greet(nodes, socket, (place, knock), ip).await })
}

fn forgive(knock: Option<Knock>) {
    if let Some(knock) = knock {
        knock.forgiven();
    }
}

fn is_allowed(nodes: &Nodes, ip: Option<IpAddr>) -> Result<bool> {
    let list = nodes.platform.settings.list("node_ip_allowlist")?;
    let nets = argos_web::parse_cidrs(&list.join(",")).unwrap_or_default();
    Ok(list.is_empty() || ip.is_some_and(|ip| nets.iter().any(|n| n.contains(ip))))
}

/// A fleet may come from one address, so only those that do not prove themselves count against it.
async fn greet(nodes: Arc<Nodes>, mut socket: WebSocket, (place, knock): (Place, Option<Knock>), ip: Option<IpAddr>) {
    let stop = nodes.platform.tasks.shutdown().clone();
    let first = tokio::select! {
        first = timeout(AUTH_WAIT, socket.next()) => first,
        () = stop.wait() => {
            forgive(knock);
            return session::close(&mut socket, 1001, "going away").await;
        }
    };
    let auth = match first {
        Ok(Some(Ok(Message::Text(text)))) => Auth::parse(&text),
        // Too large, or no text: it hears why, like everybody who says something else.
        Ok(Some(Err(error))) if session::fault_of(&error).is_some() => None,
        // It hung up.
        Ok(None | Some(Err(_))) => return,
        _ => None,
    };
    let Some(auth) = auth else {
        return refuse(&mut socket, "Authentication required").await;
    };
    // The state of the proof is large and short-lived; the session keeps its own for days.
    match Box::pin(nodes.admit(auth, ip)).await {
        Ok(Ok(admitted)) => {
            if knock.is_some_and(|knock| !knock.accepted(&admitted.node.id)) {
                return refuse(&mut socket, "Too many connections of this node").await;
            }
            drop(place);
            // It waits for our answer, so nothing of it is under way.
            let socket = argos_web::with_limit(socket, MESSAGE_MAX).await;
            session::run(nodes, socket, admitted, ip).await;
        }
        Ok(Err(refused)) => {
            match (refused.counts, knock) {
                (Counts::Node(id), Some(knock)) => {
                    let _refused_either_way = knock.accepted(&id);
                }
                (Counts::Nobody, Some(knock)) => knock.forgiven(),
                // A knock that is dropped counts against its address.
                (Counts::Address, _) | (_, None) => {}
            }
            refuse(&mut socket, &refused.text).await;
        }
        Err(error) => {
            forgive(knock);
            tracing::error!(%error, "a node could not be judged");
            refuse(&mut socket, "Internal error").await;
        }
    }
}

async fn refuse(socket: &mut WebSocket, reason: &str) {
    // The peer may be gone; then nobody needs to hear it.
    drop(timeout(Duration::from_secs(2), socket.send(Message::text(auth_error(reason)))).await);
    session::close(socket, UNAUTHORIZED, "unauthorized").await;
}
