{{/* What every process is: name, identity (its certificate, and the name of its Secret), program, gRPC port, and what it needs. */}}
{{- define "nara.processes" -}}
device-registry: {identity: nara-device-registry, program: nara-device-registry, port: 7101, role: registry, keys: [device-ca.crt, device-ca.key, mqtt-password.key, identity.keys]}
ingest-measurement: {identity: nara-ingest, program: nara-ingest, port: 7102, role: ingest, lane: measurement, redis: true}
ingest-alarm: {identity: nara-ingest, program: nara-ingest, port: 7105, role: ingest, lane: alarm, redis: true}
alert-router: {identity: nara-alert-router, program: nara-alert-router, port: 7103, role: alerts, redis: true}
data-broker: {identity: nara-data-broker, program: nara-data-broker, port: 7104, role: broker, redis: true, keys: [cursor.key]}
{{- end }}

{{- define "nara.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end }}

{{- define "nara.labels" -}}
app.kubernetes.io/part-of: nara
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "nara.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 30
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "nara.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "nara.probes" -}}
startupProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 1
  failureThreshold: 120
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 5
livenessProbe:
  httpGet: {path: /livez, port: metrics}
  periodSeconds: 10
  failureThreshold: 3
{{- end }}

{{/* hiredis has no TLS: stunnel beside the process carries Redis with mutual TLS, from the pod's loopback. */}}
{{- define "nara.stunnel" -}}
- name: stunnel
  image: {{ include "nara.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [stunnel4, /etc/nara/stunnel/{{ .side }}.conf]
  {{- include "nara.container" . | nindent 2 }}
  resources:
    requests: {cpu: 50m, memory: 16Mi}
    limits: {memory: 64Mi}
  volumeMounts:
    - {name: stunnel, mountPath: /etc/nara/stunnel, readOnly: true}
    - {name: pki, mountPath: /etc/nara/pki, readOnly: true}
    - {name: tmp, mountPath: /tmp}
{{- end }}

{{/* Certificate and key of one identity, and our CA, out of the Secret of its name: no pod sees another's. `more` names files beside them. */}}
{{- define "nara.pki" -}}
- name: pki
  secret:
    secretName: {{ .identity }}
    defaultMode: 0440
    items:
      - {key: ca.crt, path: ca.crt}
      - {key: {{ .identity }}.crt, path: {{ .identity }}.crt}
      - {key: {{ .identity }}.key, path: {{ .identity }}.key}
      {{- range .more }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
{{- end }}
