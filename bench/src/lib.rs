//! argos-bench
