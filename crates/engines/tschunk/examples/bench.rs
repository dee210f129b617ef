//! Speed and size of the time series engine on one core.
//!
//! `cargo run --release -p argos-tschunk --example bench`. Series are generated from a fixed seed; `record` measures
//! sizes on the machine's own metrics.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use argos_tschunk::{Function, Grid, Head, Kind, Point, Step, decode, encode, resample, rollup, samples};
use std::hint::black_box;
use std::time::Instant;

const POINTS: usize = 1440;
const START_US: i64 = 1_767_225_600_000_000;

/// xorshift64*: repeatable numbers without a dependency.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal: the sum of twelve uniform numbers.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

fn kinds() -> Vec<(&'static str, Vec<Point>)> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut level = 30.0;
    let mut memory = 8.0e9;
    let mut counter = 1.0e9;
    let mut generate = |value: &mut dyn FnMut(&mut Random, usize) -> f64| -> Vec<Point> {
        (0..POINTS)
            .map(|i| {
                let jitter = (random.unit() * 2.0) as i64 * 1000;
                Point::new(START_US + i as i64 * 5_000_000 + jitter, value(&mut random, i))
            })
            .collect()
    };
    vec![
        ("constant", generate(&mut |_, _| 42.0)),
        ("cpu percent, 1 decimal", {
            generate(&mut |r, _| {
                level = (level + 0.1 * (30.0 - level) + 3.0 * r.normal()).clamp(0.0, 100.0);
                (level * 10.0).round() / 10.0
            })
        }),
        ("memory bytes (pages)", {
            generate(&mut |r, _| {
                memory += (r.normal() * 400.0).round() * 4096.0;
                memory
            })
        }),
        ("counter, bytes", {
            generate(&mut |r, _| {
                counter += (1.0e5 + 2.0e4 * r.normal()).round();
                counter
            })
        }),
        ("temperature, 0.5 steps", generate(&mut |r, i| (90.0 + (i as f64 / 90.0).sin() * 6.0 + r.normal()).round() / 2.0)),
        ("state 0/1", generate(&mut |r, _| f64::from(u8::from(r.unit() > 0.01)))),
        ("random doubles", generate(&mut |r, _| r.unit())),
    ]
}

fn per_second(work: usize, mut run: impl FnMut()) -> f64 {
    run();
    let begin = Instant::now();
    let mut rounds = 0;
    while begin.elapsed().as_millis() < 300 {
        run();
        rounds += 1;
    }
    (work * rounds) as f64 / begin.elapsed().as_secs_f64()
}

fn main() {
    let kinds = kinds();
    let limit = 65_536;
    let mut head = Head::new(limit);
    let appended = per_second(limit, || {
        for i in 0..limit as i64 {
            head.append(black_box(Point::new(START_US + i * 5_000_000, i as f64)));
        }
        black_box(head.drain());
    });
    println!("append (drain included): {:6.1} M points/s", appended / 1e6);
    println!("{:26} {:>9} {:>12} {:>12}", "series", "B/point", "encode M/s", "decode M/s");
    for (name, points) in &kinds {
        let Ok(bytes) = encode(points) else { continue };
        let encoded = per_second(POINTS, || {
            black_box(encode(black_box(points)).is_ok());
        });
        let decoded = per_second(POINTS, || {
            black_box(decode(black_box(&bytes)).is_ok());
        });
        println!("{name:26} {:9.3} {:12.2} {:12.1}", bytes.len() as f64 / POINTS as f64, encoded / 1e6, decoded / 1e6);
    }
    let points = &kinds[1].1;
    let rolled = per_second(POINTS, || {
        black_box(rollup(black_box(points), Kind::Gauge, Step::MINUTE, None));
    });
    println!("rollup to 1 min: {:6.1} M points/s", rolled / 1e6);
    if let Ok(grid) = Grid::new(START_US, START_US + POINTS as i64 * 5_000_000, Step::MINUTE) {
        let resampled = per_second(POINTS, || {
            black_box(resample(samples(black_box(points), Kind::Gauge, None), Kind::Gauge, &grid, Function::Avg));
        });
        println!("resample to 1 min: {:4.1} M points/s", resampled / 1e6);
    }
}
