{{/*
The environment of a service, made in one place for its ConfigMap and its migration: exactly the
variables that it reads. An empty one counts as not set. Takes a dict of root and service.
*/}}
{{- define "accoil.environment" -}}
{{- $values := .root.Values -}}
{{- $own := index $values.services .service -}}
{{- $facts := index (include "accoil.services" .root | fromYaml) .service -}}
{{- $environment := dict
  "ACCOIL_LOG_LEVEL" $values.logLevel
  "ACCOIL_ADMIN_ADDRESS" "0.0.0.0:9100"
  "ACCOIL_DRAIN_TIME" (printf "%ds" (int $values.drainSeconds))
  "ACCOIL_KAFKA_BROKERS" $values.kafka.brokers
  "ACCOIL_KAFKA_TOPIC_PREFIX" $values.kafka.topicPrefix
  "ACCOIL_KAFKA_PARTITIONS" $values.kafka.partitions
  "ACCOIL_KAFKA_REPLICATION" $values.kafka.replication
  "ACCOIL_KAFKA_SECURITY_PROTOCOL" $values.kafka.securityProtocol
  "ACCOIL_KAFKA_SASL_MECHANISM" $values.kafka.sasl.mechanism
  "ACCOIL_KAFKA_SASL_USERNAME" $values.kafka.sasl.username
  "ACCOIL_KAFKA_CA_FILE" (ternary "/etc/accoil/kafka-ca/ca.crt" "" (not (empty $values.kafka.caSecret)))
  "ACCOIL_TLS_CERTIFICATE_FILE" (ternary "/etc/accoil/tls/tls.crt" "" $values.tls.enabled)
  "ACCOIL_TLS_KEY_FILE" (ternary "/etc/accoil/tls/tls.key" "" $values.tls.enabled)
  "ACCOIL_TLS_CA_FILE" (ternary "/etc/accoil/tls/ca.crt" "" $values.tls.enabled)
-}}
{{- if $facts.database -}}
{{- $_ := set $environment "ACCOIL_GRPC_ADDRESS" "0.0.0.0:9000" -}}
{{- else -}}
{{- $_ := set $environment "ACCOIL_HTTP_ADDRESS" "0.0.0.0:8080" -}}
{{- end -}}
{{- range $facts.calls -}}
{{- $name := include "accoil.name" (dict "root" $.root "service" .) -}}
{{- $_ := set $environment (include "accoil.addressVariable" .) (printf "%s:9000" $name) -}}
{{- end -}}
{{- range $name, $value := $own.settings -}}
{{- if hasKey $environment $name -}}
{{- fail (printf "services.%s.settings.%s is set by the chart itself" $.service $name) -}}
{{- end -}}
{{- $_ := set $environment $name $value -}}
{{- end -}}
{{- range $name, $value := $environment }}
{{- /* Helm reads every number as a float, which would be written as 2.6e+08. */}}
{{ $name }}: {{ ternary (int64 $value) $value (kindIs "float64" $value) | toString | quote }}
{{- end }}
{{- end }}

{{/* The secrets of a service as variables of its container. */}}
{{- define "accoil.secretVariables" -}}
{{- $secret := include "accoil.secretName" . -}}
{{- $sasl := hasPrefix "sasl" .root.Values.kafka.securityProtocol -}}
{{- $kafka := dict "key" "kafka-sasl-password" "variable" "ACCOIL_KAFKA_SASL_PASSWORD" "optional" (not $sasl) -}}
{{- $facts := index (include "accoil.services" .root | fromYaml) .service -}}
{{- $own := index .root.Values.services .service -}}
{{- range append $facts.secrets $kafka }}
{{- $optional := .optional }}
{{- if eq .key "intercom-client-secret" }}
{{- /* An OAuth app has both an id and a secret. */}}
{{- $optional = empty $own.settings.ACCOIL_INTERCOM_CLIENT_ID }}
{{- end }}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef: {name: {{ $secret }}, key: {{ .key }}, optional: {{ $optional }}}
{{- end }}
{{- end }}
