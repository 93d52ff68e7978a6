#!/bin/sh
# Prepares the accounts and listeners of the broker in /mosquitto/access, then becomes the broker.
#
# Accounts: the gateway hears and commands, diya-access lets meters in and throws them out (docs/decisions/0031-meter-access.md).
# They are made again, without any meter, when a password or accounts.json.in has changed: the gateway then brings the meters back.
# TLS: with tls/server.crt (the whole chain) and tls/server.key beside this file, meters come in by 8883 only, and the plain
# listener is for this container alone.
set -eu
umask 077
config=/mosquitto/config
access=/mosquitto/access
accounts="$access/dynamic-security.json"
mkdir -p "$access/generated"

# What the plugin keeps of a password, which is what mosquitto_passwd writes in other words.
credential() {
  : > "$access/hash"
  mosquitto_passwd -b "$access/hash" account "$1"
  made=$(sed -n 's|^account:$7$\([0-9]*\)$\([^$]*\)$\(.*\)$|"iterations": \1, "salt": "\2", "password": "\3"|p' "$access/hash")
  rm -f "$access/hash"
  if [ -z "$made" ]; then
    echo 'start.sh: mosquitto_passwd writes another kind of hash than the plugin reads' >&2
    return 1
  fi
  printf '%s' "$made"
}

made_from=$({ cat "$config/accounts.json.in"; printf '%s\n%s\n' "$MQTT_PASSWORD" "$MQTT_ACCESS_PASSWORD"; } | sha256sum)
if [ ! -s "$accounts" ] || [ "$made_from" != "$(cat "$access/made-from" 2> /dev/null)" ]; then
  gateway=$(credential "$MQTT_PASSWORD")
  manager=$(credential "$MQTT_ACCESS_PASSWORD")
  sed -e "s|@gateway@|$gateway|" -e "s|@access@|$manager|" "$config/accounts.json.in" > "$accounts.made"
  mv "$accounts.made" "$accounts"
  printf '%s' "$made_from" > "$access/made-from"
fi

plugin=
for place in /usr/lib/mosquitto_dynamic_security.so /usr/lib/*/mosquitto_dynamic_security.so; do
  if [ -f "$place" ]; then plugin=$place; fi
done
if [ -z "$plugin" ]; then
  echo 'start.sh: this Mosquitto has no dynamic security plugin' >&2
  exit 1
fi

{
  echo "plugin $plugin"
  echo "plugin_opt_config_file $accounts"
  if [ -f "$config/tls/server.crt" ] && [ -f "$config/tls/server.key" ]; then
    # The broker gives up its rights before it reads them, so they are copied to where it may.
    cp "$config/tls/server.crt" "$config/tls/server.key" "$access/"
    echo 'listener 1883 127.0.0.1'
    echo 'listener 8883'
    echo "certfile $access/server.crt"
    echo "keyfile $access/server.key"
    echo 'tls_version tlsv1.2'
  else
    echo 'listener 1883'
  fi
} > "$access/generated/broker.conf"

if [ "$(id -u)" = 0 ]; then chown -R mosquitto:mosquitto "$access"; fi
exec mosquitto -c "$config/mosquitto.conf"
