// Reads Kubernetes manifests from standard input and validates each document against the schema of its kind.
// Prints one line per document; ends with 1 when any is invalid.
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

// Resources of operators have no schema in Kubernetes itself; what they must have is named here.
const operators = {
  'cert-manager.io/v1 Certificate': ['secretName', 'issuerRef'],
  'cert-manager.io/v1 Issuer': [],
  'postgresql.cnpg.io/v1 Cluster': ['instances', 'storage'],
  'rabbitmq.com/v1beta1 RabbitmqCluster': ['replicas'],
};

async function problems(resource) {
  const kind = `${resource.apiVersion} ${resource.kind}`;
  if (operators[kind]) return operators[kind].filter(member => resource.spec?.[member] === undefined).map(member => `spec.${member} is missing`);
  const models = await import(`kubernetes-models/${resource.apiVersion}`).catch(() => undefined);
  if (!models?.[resource.kind]) return [`no schema for ${kind}`];
  try {
    new models[resource.kind](resource).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

let invalid = 0;
for (const document of parseAllDocuments(readFileSync(0, 'utf8'))) {
  if (document.errors.length) {
    console.log(`INVALID yaml: ${document.errors[0].message}`);
    invalid++;
    continue;
  }
  const resource = document.toJS();
  if (!resource) continue;
  const found = await problems(resource);
  console.log(`${found.length ? 'INVALID' : 'ok'} ${resource.apiVersion} ${resource.kind} ${resource.metadata?.name} ${found.join('; ')}`);
  if (found.length) invalid++;
}
process.exit(invalid ? 1 : 0);
