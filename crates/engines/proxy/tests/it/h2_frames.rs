//! HTTP/2 frame by frame (RFC 9113), made by hand: a table of what no client may send, and of what costs a server more than
//! its client. Each ends its stream or its connection with the code the standard names; no backend hears of it, and others
//! are served meanwhile.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use crate::stage::{Backend, LIMIT, Stage, status};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

const PROTOCOL: u32 = 1;
const FLOW_CONTROL: u32 = 3;
const STREAM_CLOSED: u32 = 5;
const FRAME_SIZE: u32 = 6;
const COMPRESSION: u32 = 9;
const CALM: u32 = 11;

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A field as a literal that is not kept, with a name of its own.
fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

/// A GET for `app.test`: three fields out of the static table, and one literal.
fn asks(path: &str) -> Vec<u8> {
    [vec![0x82, 0x86], field(":path", path), field(":authority", "app.test")].concat()
}

fn get(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &asks("/"))
}

/// A request without a body and with this head, in as many frames as it takes.
fn frames_of(stream: u32, head: &[u8]) -> Vec<u8> {
    let parts: Vec<&[u8]> = head.chunks(16_000).collect();
    let frames = parts.iter().enumerate().map(|(n, part)| {
        let (kind, begin) = if n == 0 { (HEADERS, END_STREAM) } else { (CONTINUATION, 0) };
        let end = if n + 1 == parts.len() { END_HEADERS } else { 0 };
        frame(kind, begin | end, stream, part)
    });
    frames.collect::<Vec<_>>().concat()
}

/// A POST whose body follows.
fn post(stream: u32) -> Vec<u8> {
    let head = [vec![0x83, 0x86, 0x84], field(":authority", "app.test")].concat();
    frame(HEADERS, END_HEADERS, stream, &head)
}

/// What became of it first.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    /// The connection, with a code; `None` = without a word.
    Connection(Option<u32>),
    Stream(u32, u32),
    /// The stream was answered.
    Answered(u32),
}

struct Client(TcpStream);

impl Client {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_write_timeout(Some(LIMIT)).unwrap();
        let mut client = Self(stream);
        client.send(PREFACE);
        client.send(&frame(SETTINGS, 0, 0, &[]));
        client
    }

    /// Whether the other end still took it.
    fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok()
    }

    /// The next frame: its kind, flags, stream and payload; `None` at the end.
    fn next(&mut self) -> Option<(u8, u8, u32, Vec<u8>)> {
        let mut head = [0; 9];
        let waited = |error: &std::io::Error| matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
        let read = self.0.read_exact(&mut head).and_then(|()| {
            let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
            self.0.read_exact(&mut payload).map(|()| payload)
        });
        match read {
            Ok(payload) => Some((head[3], head[4], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload)),
            Err(error) => {
                assert!(!waited(&error), "the connection stays open without a word");
                None
            }
        }
    }

    /// Reads until something ends, or an answer begins.
    fn end(&mut self) -> End {
        let code = |bytes: &[u8]| u32::from_be_bytes(bytes[..4].try_into().unwrap());
        loop {
            match self.next() {
                None => return End::Connection(None),
                Some((GOAWAY, _, _, payload)) if code(&payload[4..]) != 0 => return End::Connection(Some(code(&payload[4..]))),
                Some((RST_STREAM, _, stream, payload)) => return End::Stream(stream, code(&payload)),
                Some((HEADERS, _, stream, _)) => return End::Answered(stream),
                Some(_) => {}
            }
        }
    }
}

/// What these frames come to, on a connection of their own.
fn outcome(address: SocketAddr, frames: &[u8]) -> End {
    let mut client = Client::open(address);
    client.send(frames);
    client.end()
}

#[test]
fn frames_that_break_the_standard_end_with_its_code_and_reach_no_backend() {
    let backend = Backend::simple();
    let stage = Stage::before(backend.port);
    let connection = |code| vec![End::Connection(Some(code))];
    // Where the standard has a closer word for it, the library says that the protocol was broken: the connection ends all the same.
    let closer = |code| vec![End::Connection(Some(code)), End::Connection(Some(PROTOCOL))];
    let length = closer(FRAME_SIZE);
    let stream = |code| vec![End::Stream(1, code)];
    let window = |stream, n: u32| frame(WINDOW_UPDATE, 0, stream, &n.to_be_bytes());
    let setting = |id: u16, value: u32| frame(SETTINGS, 0, 0, &[&id.to_be_bytes()[..], &value.to_be_bytes()].concat());
    let open = frame(HEADERS, END_STREAM, 1, &asks("/"));
    let mut others = Vec::new();
    for (what, frames, expected) in [
        ("a frame longer than agreed", frame(DATA, 0, 1, &[0; 16_385]), length.clone()),
        ("settings of a stream", frame(SETTINGS, 0, 1, &[]), connection(PROTOCOL)),
        ("settings of an odd length", frame(SETTINGS, 0, 0, &[0; 5]), length.clone()),
        ("an acknowledgement that says something", frame(SETTINGS, ACK, 0, &[0; 6]), length.clone()),
        ("a push that is neither on nor off", setting(2, 2), connection(PROTOCOL)),
        ("a first window beyond all", setting(4, 0x8000_0000), closer(FLOW_CONTROL)),
        ("frames shorter than allowed", setting(5, 16_383), connection(PROTOCOL)),
        ("a ping of a stream", frame(PING, 0, 1, &[0; 8]), connection(PROTOCOL)),
        ("a short ping", frame(PING, 0, 0, &[0; 7]), length.clone()),
        ("data of the connection", frame(DATA, 0, 0, b"x"), connection(PROTOCOL)),
        ("data of a stream that is not open", frame(DATA, 0, 1, b"x"), connection(PROTOCOL)),
        ("a head of the connection", frame(HEADERS, END_STREAM | END_HEADERS, 0, &asks("/")), connection(PROTOCOL)),
        ("a stream of the server", get(2), connection(PROTOCOL)),
        ("a push of the client", frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82]), connection(PROTOCOL)),
        ("the end of a stream that is not open", frame(RST_STREAM, 0, 1, &[0; 4]), connection(PROTOCOL)),
        ("a short end of a stream", [post(1), frame(RST_STREAM, 0, 1, &[0; 3])].concat(), length.clone()),
        ("a priority of the connection", frame(PRIORITY, 0, 0, &[0; 5]), connection(PROTOCOL)),
        ("a goodbye of a stream", frame(GOAWAY, 0, 1, &[0; 8]), connection(PROTOCOL)),
        ("no more window", window(0, 0), connection(PROTOCOL)),
        ("a window beyond all", window(0, 0x7fff_ffff), connection(FLOW_CONTROL)),
        ("a short window", frame(WINDOW_UPDATE, 0, 0, &[0; 3]), length.clone()),
        ("a window of a stream that is not open", window(1, 1), connection(PROTOCOL)),
        ("the rest of no head", frame(CONTINUATION, END_HEADERS, 1, &asks("/")), connection(PROTOCOL)),
        ("something within a head", [open.clone(), frame(PING, 0, 0, &[0; 8])].concat(), connection(PROTOCOL)),
        ("the rest of another head", [open, frame(CONTINUATION, END_HEADERS, 3, &[])].concat(), connection(PROTOCOL)),
        ("padding longer than its frame", frame(HEADERS, PADDED | END_STREAM | END_HEADERS, 1, &[200, 0x82]), connection(PROTOCOL)),
        ("a field that no table has", frame(HEADERS, END_STREAM | END_HEADERS, 1, &[0xff, 0xff, 0x7f]), closer(COMPRESSION)),
        ("a field cut short", frame(HEADERS, END_STREAM | END_HEADERS, 1, &[0x00, 0x05, b'x']), closer(COMPRESSION)),
        ("no window for a stream", [post(1), window(1, 0)].concat(), [stream(PROTOCOL), connection(PROTOCOL)].concat()),
        ("a window of a stream beyond all", [post(1), window(1, 0x7fff_ffff)].concat(), stream(FLOW_CONTROL)),
        ("a priority that is too short", [post(1), frame(PRIORITY, 0, 1, &[0; 4])].concat(), length.clone()),
    ] {
        let end = outcome(stage.address, &frames);
        if !expected.contains(&end) {
            others.push(format!("{what}: {end:?}"));
        }
        assert_eq!(backend.seen(), Vec::<String>::new(), "{what} reached the backend");
    }
    assert_eq!(others, Vec::<String>::new());
    let broken = crate::stage::exchange(stage.address, &[&PREFACE[..20], b"XX\r\n\r\n"].concat());
    assert!(!broken.contains("200") && backend.seen().is_empty(), "a preface that breaks off: {broken}");
    // What the standard has ignored is ignored, and the stream beside it answered.
    for (what, frames) in [
        ("a kind nobody knows", frame(0x42, 0xff, 0, b"anything")),
        ("a setting nobody knows", setting(0x4242, 7)),
        ("an early priority", frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 9])),
        ("a ping", frame(PING, 0, 0, &[7; 8])),
    ] {
        assert_eq!(outcome(stage.address, &[frames, get(1)].concat()), End::Answered(1), "{what}");
    }
    assert_eq!(backend.seen().len(), 4);
}

/// A client that asks on after this, and is answered.
fn is_served(stage: &Stage) {
    assert_eq!(status(&stage.get("/", "")), 200, "others are served");
}

#[test]
fn streams_that_are_over_take_nothing_more() {
    let backend = Backend::simple();
    let stage = Stage::before(backend.port);
    for (what, late) in [("data", frame(DATA, 0, 1, b"x")), ("a head", get(1))] {
        let mut client = Client::open(stage.address);
        client.send(&get(1));
        assert_eq!(client.end(), End::Answered(1));
        client.send(&late);
        let end = client.end();
        let is_refused = matches!(end, End::Connection(Some(STREAM_CLOSED | PROTOCOL)) | End::Stream(1, STREAM_CLOSED));
        assert!(is_refused, "{what}: {end:?}");
    }
    let mut client = Client::open(stage.address);
    client.send(&get(5));
    assert_eq!(client.end(), End::Answered(5));
    client.send(&get(3));
    assert!(matches!(client.end(), End::Connection(Some(PROTOCOL | STREAM_CLOSED))), "numbers only grow");
    assert_eq!(backend.seen().len(), 3);
}

#[test]
fn streams_opened_and_reset_without_end_are_cut_off_and_others_served() {
    let backend = Backend::silent();
    let stage = Stage::before(backend.port);
    let mut client = Client::open(stage.address);
    let cancel = 8u32.to_be_bytes();
    // Far more than a browser ever takes back, and far fewer than it takes to hurt.
    for n in 0..50_000u32 {
        let stream = n * 2 + 1;
        if !client.send(&[get(stream), frame(RST_STREAM, 0, stream, &cancel)].concat()) {
            break;
        }
    }
    let end = client.end();
    assert!(matches!(end, End::Connection(Some(CALM) | None)), "{end:?}");
    assert!(backend.seen().len() < 5_000, "{} requests were made of it", backend.seen().len());
    argos_peers::wait_until("nothing of it is left", LIMIT, || stage.proxy.connections() == 0 && stage.proxy.statuses()[0].in_flight == 0);
    let honest = Backend::simple();
    stage.proxy.reload(&crate::stage::config(honest.port)).unwrap();
    is_served(&stage);
}

#[test]
fn head_without_end_is_cut_off() {
    let backend = Backend::simple();
    let stage = Stage::before(backend.port);
    let part: Vec<u8> = (0..100).flat_map(|n| field(&format!("x-{n}"), &"a".repeat(100))).collect();
    for (what, part) in [("long parts", part.as_slice()), ("empty parts", &[])] {
        let mut client = Client::open(stage.address);
        client.send(&frame(HEADERS, END_STREAM, 1, &asks("/")));
        // Much more than the limit of a head, never marked as its end.
        let sent = (0..20_000).take_while(|_| client.send(&frame(CONTINUATION, 0, 1, part))).count();
        let end = client.end();
        assert!(matches!(end, End::Connection(Some(CALM | PROTOCOL | COMPRESSION) | None)), "{what}: {end:?} after {sent}");
    }
    assert_eq!(backend.seen(), Vec::<String>::new());
    is_served(&stage);
}

#[test]
fn head_beyond_the_limit_is_refused_however_small_it_travels() {
    let backend = Backend::simple();
    let stage = Stage::before(backend.port);
    // Kept in the table once, and named by one byte a thousand times: small on the wire, 4 MiB in memory.
    let kept = [&[0x40, 6][..], b"x-bomb", &[0x7f, 0xa1, 0x1f], &[b'a'; 4_000]].concat();
    let bomb = [asks("/"), kept, vec![0xbe; 1_000]].concat();
    let wide: Vec<u8> = (0..40_000u32).flat_map(|_| field("x", "")).collect();
    for (what, head) in [("a field named over and over", bomb), ("fields without end", [asks("/"), wide].concat())] {
        let end = outcome(stage.address, &frames_of(1, &head));
        let is_refused = matches!(end, End::Connection(_) | End::Stream(1, _) | End::Answered(1));
        assert!(is_refused && backend.seen().is_empty(), "{what}: {end:?}");
    }
    is_served(&stage);
}

#[test]
fn limit_of_heads_changes_under_open_connections() {
    let backend = Backend::simple();
    let mut wanted = crate::stage::config(backend.port);
    // It is looked after often, and may be idle for long.
    (wanted.limits.header_timeout, wanted.limits.stall_timeout) = (LIMIT, LIMIT / 100);
    let stage = Stage::start(&wanted);
    // Of some 137 bytes each, as they are counted.
    let with_fields = |stream, count| {
        let fields = (0..count).flat_map(|n| field(&format!("x-{n:03}"), &"a".repeat(100)));
        frames_of(stream, &[asks("/"), fields.collect()].concat())
    };
    let mut client = Client::open(stage.address);
    let mut ask = |frames: &[u8]| {
        client.send(frames);
        (client.end(), backend.seen().len())
    };
    assert_eq!(ask(&with_fields(1, 80)), (End::Answered(1), 1));
    wanted.limits.header_bytes_max = 8 << 10;
    stage.proxy.reload(&wanted).unwrap();
    assert_eq!(ask(&with_fields(3, 80)), (End::Answered(3), 1), "a lower limit holds at once: it is answered, but by no backend");
    assert_eq!(ask(&with_fields(5, 10)), (End::Answered(5), 2), "and the connection goes on");
    wanted.limits.header_bytes_max = 64 << 10;
    stage.proxy.reload(&wanted).unwrap();
    let goodbye = std::iter::from_fn(|| client.next()).find(|(kind, ..)| *kind == GOAWAY).unwrap();
    assert_eq!(&goodbye.3[4..8], &[0; 4], "its client is asked to open another one, and no fault is found");
    assert_eq!(outcome(stage.address, &with_fields(1, 300)), End::Answered(1));
    assert_eq!(backend.seen().len(), 3);
}

#[test]
fn upload_beyond_its_window_ends_and_pings_nobody_reads_hold_nothing() {
    let backend = Backend::silent();
    let stage = Stage::before(backend.port);
    let mut client = Client::open(stage.address);
    client.send(&post(1));
    // The backend reads some of it: more than all windows and buffers on the way is on the wire.
    let part = frame(DATA, 0, 1, &[b'x'; 16_384]);
    let sent = (0..4_096).take_while(|_| client.send(&part)).count();
    let end = client.end();
    assert!(matches!(end, End::Connection(Some(FLOW_CONTROL) | None) | End::Stream(1, FLOW_CONTROL)), "{end:?} after {sent} parts");

    let (honest, mut config) = (Backend::simple(), crate::stage::config(0));
    config.pools = vec![crate::stage::pool(honest.port)];
    (config.limits.stall_timeout, config.limits.header_timeout) = (LIMIT / 20, LIMIT / 20);
    let stage = Stage::start(&config);
    let mut deaf = TcpStream::connect(stage.address).unwrap();
    deaf.set_write_timeout(Some(LIMIT)).unwrap();
    drop(deaf.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()));
    let pings = frame(PING, 0, 0, &[1; 8]).repeat(1_000);
    // Its answers fill what lies between, then it is read no more, then it is let go.
    let sent = (0..100_000).take_while(|_| deaf.write_all(&pings).is_ok()).count();
    assert!(sent < 100_000, "all of them were taken");
    argos_peers::wait_until("it is let go", LIMIT * 2, || stage.proxy.connections() == 0);
    is_served(&stage);
}
