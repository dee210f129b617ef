create table power_mqtt_devices (
  device_id text primary key
);
