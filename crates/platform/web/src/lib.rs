//! argos-web
