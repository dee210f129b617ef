//! The last minutes of a series, in memory and beyond.

use argos_kernel::Clock;
use argos_metrics::{Function, Kind, Labels};

use crate::stage::Stage;

#[tokio::test]
async fn window_is_the_same_from_memory_from_chunks_and_after_a_restart() {
    for mut s in Stage::each().await {
        let id = s.gauge("m").await;
        for i in 0..1440 {
            s.put(id, i * 5, i as f64);
        }
        let ask =
            async |s: &Stage, seconds: i64, f: Function| s.metrics.window("m", &Labels::new(), seconds, f, s.clock.now()).await.unwrap();
        for sealed in [false, true, true] {
            assert_eq!(ask(&s, 299, Function::Count).await, Some(60.0));
            assert_eq!(ask(&s, 299, Function::Avg).await, Some((1380..1440).sum::<i32>() as f64 / 60.0));
            assert_eq!(ask(&s, 3600, Function::Min).await, Some(719.0));
            assert_eq!(ask(&s, 60, Function::Delta).await, Some(13.0));
            assert_eq!(ask(&s, 100_000, Function::Count).await, Some(1440.0));
            if sealed {
                s.crash().await;
            } else {
                s.metrics.seal(true).await.unwrap();
            }
        }
        assert_eq!(s.metrics.window("none", &Labels::new(), 60, Function::Avg, s.clock.now()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn window_of_a_counter_begins_with_the_reading_before_it() {
    let s = Stage::sqlite().await;
    let id = s.series("m", &[], Kind::Counter).await;
    for i in 0..100 {
        s.put(id, i * 5, f64::from(i as i32 * 10 % 700));
    }
    let increase = s.metrics.window("m", &Labels::new(), 299, Function::Increase, s.clock.now()).await.unwrap();
    // Sixty readings of ten each; the one after the reset counts from zero, and that reading is zero.
    assert_eq!(increase, Some(590.0));
}

#[tokio::test]
async fn recent_points_stay_in_memory_after_a_seal() {
    let s = Stage::sqlite().await;
    let id = s.gauge("m").await;
    for i in 0..1440 {
        s.put(id, i * 5, 1.0);
    }
    s.metrics.seal(true).await.unwrap();
    assert_eq!(s.metrics.stats().open_points, 0);
    assert_eq!(s.metrics.recent("m", &Labels::new(), 600, s.clock.now()).len(), 121);
    s.put(id, 1440 * 5, 2.0);
    let recent = s.metrics.recent("m", &Labels::new(), 600, s.clock.now());
    assert_eq!((recent.len(), recent.last().unwrap().v), (121, 2.0));
    assert!(recent.windows(2).all(|w| w[0].t < w[1].t));
}
