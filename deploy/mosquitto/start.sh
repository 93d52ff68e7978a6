#!/bin/sh
# Writes the gateway's password, and that of the meters listed in /mosquitto/passwords/meters (lines of serial:password), then
# becomes the broker. A changed list is taken over by a restart.
set -eu
passwords=/mosquitto/passwords/passwords
: > "$passwords"
chmod 600 "$passwords"
mosquitto_passwd -b "$passwords" diya-gateway "$MQTT_PASSWORD"
if [ -f /mosquitto/passwords/meters ]; then
  while IFS=: read -r serial password; do
    mosquitto_passwd -b "$passwords" "$serial" "$password"
  done < /mosquitto/passwords/meters
fi
chown mosquitto:mosquitto "$passwords"
exec mosquitto -c /mosquitto/config/mosquitto.conf
