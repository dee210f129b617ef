//! Which documented names have data.

use argos_metrics::Kind;

use crate::stage::Stage;

#[tokio::test]
async fn documented_names_with_data_are_those_with_a_point() {
    for mut s in Stage::each().await {
        let cpu = s.series("host_cpu_percent", &[("host", "local")], Kind::Gauge).await;
        let other = s.series("host_mem_percent", &[("host", "elsewhere")], Kind::Gauge).await;
        let disk = s.series("host_disk_percent", &[("host", "local"), ("mount", "/")], Kind::Gauge).await;
        assert!(s.metrics.documented_with_data().is_empty());
        s.put(cpu, 0, 1.0);
        s.put(other, 0, 1.0);
        s.put(disk, 0, 1.0);
        assert_eq!(s.metrics.documented_with_data(), ["cpu_percent", "disk_percent"]);
        s.metrics.seal(true).await.unwrap();
        s.crash().await;
        assert_eq!(s.metrics.documented_with_data(), ["cpu_percent", "disk_percent"]);
    }
}
