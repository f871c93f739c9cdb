{{- /* Names, labels and the configuration file of one service. Arguments: dict "root" $ "name" <service> "service" <values>. */ -}}

{{- define "pechat.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/part-of: pechat
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}

{{- define "pechat.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{- define "pechat.image" -}}
{{- $tag := default .root.Chart.AppVersion .root.Values.image.tag -}}
{{- if .root.Values.image.registry -}}{{ .root.Values.image.registry }}/{{ end }}{{ .name }}:{{ $tag }}
{{- end -}}

{{- define "pechat.configuration" -}}
{{- $values := .root.Values -}}
{{- $role := .name | replace "-" "_" -}}
{{- $configuration := dict -}}
{{- $hosting := dict "Address" "0.0.0.0" "Port" 8443 "HealthPort" 8081 "CertificateFile" "/run/pechat/tls/tls.crt" "KeyFile" "/run/pechat/tls/tls.key" "AuthorityFile" "/run/pechat/tls/ca.crt" "PublicBase" $values.public.base -}}
{{- if eq .name "gateway" -}}{{- $_ := set $hosting "Port" 0 -}}{{- end -}}
{{- if $values.telemetry.otlpEndpoint -}}{{- $_ := set $hosting "OtlpEndpoint" $values.telemetry.otlpEndpoint -}}{{- end -}}
{{- $_ := set $configuration "Hosting" $hosting -}}
{{- $_ := set $configuration "Tokens" (dict "Issuer" $values.public.base "Audience" "pechat") -}}
{{- $peers := dict -}}
{{- range .service.calls -}}{{- $_ := set $peers . (printf "https://%s:8443" .) -}}{{- end -}}
{{- if not (hasKey $peers "identity") -}}{{- $_ := set $peers "identity" "https://identity:8443" -}}{{- end -}}
{{- $_ := set $configuration "Peers" $peers -}}
{{- if .service.database -}}
{{- $database := dict "Host" $values.database.host "Port" $values.database.port "Name" $role "User" $role "PasswordFile" "/run/pechat/database/password" "SslMode" $values.database.sslMode -}}
{{- if $values.database.authoritySecret -}}{{- $_ := set $database "AuthorityFile" "/run/pechat/database-ca/ca.crt" -}}{{- end -}}
{{- if .migration -}}{{- $_ := set $database "MigrationUser" (printf "%s_owner" $role) -}}{{- $_ := set $database "MigrationPasswordFile" "/run/pechat/database/migration-password" -}}{{- end -}}
{{- $_ := set $configuration "Database" $database -}}
{{- end -}}
{{- if .service.messaging -}}
{{- $_ := set $configuration "Messaging" (dict "Host" $values.messaging.host "Port" $values.messaging.port "VirtualHost" $values.messaging.virtualHost "User" .name "PasswordFile" "/run/pechat/messaging/password") -}}
{{- end -}}
{{- if .service.hsm -}}
{{- $_ := set $configuration "Hsm" (dict "Library" $values.hsm.library "TokenLabel" (printf "pechat-%s" .name) "PinFile" (printf "/run/pechat/hsm/%s" .name)) -}}
{{- end -}}
{{- if .service.section -}}
{{- $options := deepCopy (default (dict) .service.options) -}}
{{- if eq .name "gateway" -}}
{{- $options = merge $options (dict "Address" "0.0.0.0" "PublicPort" 8444 "AuthenticatorPort" 8445 "PlainPort" 8080 "AuthenticatorHosts" (list $values.public.authenticatorHost) "CertificateFile" "/run/pechat/gateway-tls/tls.crt" "KeyFile" "/run/pechat/gateway-tls/tls.key") -}}
{{- end -}}
{{- $_ := set $configuration .service.section $options -}}
{{- end -}}
{{- toPrettyJson $configuration -}}
{{- end -}}

{{- define "pechat.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "pechat.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "pechat.mounts" -}}
- { name: configuration, mountPath: /etc/pechat, readOnly: true }
- { name: tls, mountPath: /run/pechat/tls, readOnly: true }
- { name: tmp, mountPath: /tmp }
{{- if .service.database }}
- { name: database, mountPath: /run/pechat/database, readOnly: true }
{{- if .root.Values.database.authoritySecret }}
- { name: database-ca, mountPath: /run/pechat/database-ca, readOnly: true }
{{- end }}
{{- end }}
{{- if .service.messaging }}
- { name: messaging, mountPath: /run/pechat/messaging, readOnly: true }
{{- end }}
{{- if .service.hsm }}
- { name: hsm-pin, mountPath: /run/pechat/hsm, readOnly: true }
{{- if .root.Values.hsm.volume }}
- { name: hsm-library, mountPath: /usr/lib/hsm, readOnly: true }
{{- end }}
{{- end }}
{{- range .service.secrets }}
- { name: secret-{{ . }}, mountPath: /run/pechat/secrets/{{ . }}, readOnly: true }
{{- end }}
{{- if eq .name "gateway" }}
- { name: gateway-tls, mountPath: /run/pechat/gateway-tls, readOnly: true }
{{- end }}
{{- end -}}

{{- define "pechat.volumes" -}}
- name: configuration
  configMap: { name: {{ .configMap }} }
- name: tls
  secret: { secretName: {{ .name }}-internal-tls, defaultMode: 0440 }
- name: tmp
  emptyDir: { medium: Memory, sizeLimit: 64Mi }
{{- if .service.database }}
- name: database
  secret:
    secretName: {{ .root.Values.database.secretPrefix }}{{ .name }}
    defaultMode: 0440
    items:
    {{- if .migration }}
      - { key: migration-password, path: migration-password }
    {{- end }}
      - { key: password, path: password }
{{- if .root.Values.database.authoritySecret }}
- name: database-ca
  secret: { secretName: {{ .root.Values.database.authoritySecret }} }
{{- end }}
{{- end }}
{{- if .service.messaging }}
- name: messaging
  secret: { secretName: {{ .root.Values.messaging.secretPrefix }}{{ .name }}, defaultMode: 0440 }
{{- end }}
{{- if .service.hsm }}
- name: hsm-pin
  secret:
    secretName: {{ .root.Values.hsm.pinSecret }}
    defaultMode: 0440
    items:
      - { key: {{ .name }}, path: {{ .name }} }
{{- with .root.Values.hsm.volume }}
- name: hsm-library
{{ toYaml . | indent 2 }}
{{- end }}
{{- end }}
{{- $name := .name }}
{{- range .service.secrets }}
- name: secret-{{ . }}
  secret: { secretName: pechat-{{ $name }}-{{ . }}, defaultMode: 0440 }
{{- end }}
{{- if eq .name "gateway" }}
- name: gateway-tls
  secret: { secretName: {{ .root.Values.gatewayTls.secretName }}, defaultMode: 0440 }
{{- end }}
{{- end -}}
