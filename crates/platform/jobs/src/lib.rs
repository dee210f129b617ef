//! argos-jobs
