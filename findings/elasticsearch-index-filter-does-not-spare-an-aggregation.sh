#!/usr/bin/env bash
# Elasticsearch 8.19.21: a query's filter on `_index` does not keep an aggregation away from the other indices of the request. Where one of
# them has the field as `text`, its shard fails although the filter leaves it no document: the answer says `failed: 1`, or is an error 400
# with `allow_partial_search_results=false`. The parameter `pre_filter_shard_size=1`, which is documented as a threshold for speed, changes
# the result: the shard is skipped before the aggregation looks at the field, and nothing fails. The same holds for `terms` and `composite`.
# Needs bash, Node 20, Maven, unzip and Java 17; run as root or as a user: Elasticsearch refuses root, so root starts it as another user.
# Shown: index `keywords` has `name` as keyword, index `texts` as text; both are asked with a filter that only `keywords` passes.
set -euo pipefail
folder=$(mktemp -d)
stop() { [ -f "$folder/run/es.pid" ] && kill -9 "$(cat "$folder/run/es.pid")" 2>/dev/null; rm -rf "$folder"; }
trap 'stop || true' EXIT
cd "$folder"
mvn -B -q -Dmaven.repo.local="$folder/m2" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
  -Dartifact=org.elasticsearch.distribution.integ-test-zip:elasticsearch:8.19.21:zip -DoutputDirectory="$folder"
unzip -q elasticsearch-8.19.21.zip
home=$folder/elasticsearch-8.19.21
mkdir -p run/config run/tmp
cp -r "$home"/config/. run/config
sed -i -e '/Xlog:gc/d' -e '/jdk.incubator.vector/d' run/config/jvm.options
port=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })")
transport=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })")
cat >run/config/elasticsearch.yml <<YML
path.data: $folder/run/data
path.logs: $folder/run/logs
http.host: 127.0.0.1
http.port: $port
transport.host: 127.0.0.1
transport.port: $transport
discovery.type: single-node
cluster.routing.allocation.disk.threshold_enabled: false
xpack.security.enabled: false
YML
chmod a+rx "$folder"
chmod -R a+rX "$home"
user=()
if [ "$(id -u)" = 0 ]; then
  chown -R 65534:65534 run
  user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
java_home=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
"${user[@]}" env HOME="$folder/run" ES_JAVA_HOME="$java_home" ES_PATH_CONF="$folder/run/config" ES_TMPDIR="$folder/run/tmp" \
  ES_JAVA_OPTS='-Xms512m -Xmx512m' "$home/bin/elasticsearch" -d -p "$folder/run/es.pid" >run/start.log 2>&1 || { cat run/start.log >&2; exit 1; }
cat >show.mjs <<'JS'
const url = `http://127.0.0.1:${process.argv[2]}`;
async function ask(method, path, body) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return { status: response.status, answer: await response.json() };
}
for (let i = 0; i < 120; i++) {
  const found = await ask('GET', '/_cluster/health?wait_for_status=yellow&timeout=1s').catch(() => undefined);
  if (found?.status === 200) break;
  await new Promise((resolve) => setTimeout(resolve, 500));
}
for (const [index, type] of [['keywords', 'keyword'], ['texts', 'text']]) {
  await ask('PUT', `/${index}`, { mappings: { properties: { name: { type } } } });
  await ask('POST', `/${index}/_doc?refresh=true`, { name: 'signup' });
}
const query = { bool: { filter: [{ term: { _index: 'keywords' } }] } };
const field = 'name';
const kinds = {
  terms: { terms: { field } },
  composite: { composite: { sources: [{ name: { terms: { field } } }] } },
};
for (const [kind, found] of Object.entries(kinds))
  for (const options of ['', 'allow_partial_search_results=false', 'pre_filter_shard_size=1']) {
    const { status, answer } = await ask('POST', `/keywords,texts/_search?${options}`, { size: 0, query, aggs: { found } });
    const { successful, skipped, failed } = answer._shards ?? {};
    const reason = answer.error?.root_cause?.[0]?.type;
    console.log(`${kind} ${options || 'as it is'}: ${status} ${reason ?? `successful ${successful}, skipped ${skipped}, failed ${failed}`}`);
  }
JS
seen=$(node show.mjs "$port")
echo "seen:
$seen"
expected=$(for kind in terms composite; do
  cat <<TEXT
$kind as it is: 200 successful 1, skipped 0, failed 1
$kind allow_partial_search_results=false: 400 illegal_argument_exception
$kind pre_filter_shard_size=1: 200 successful 2, skipped 1, failed 0
TEXT
done)
[ "$seen" = "$expected" ] || { echo "expected:
$expected" >&2; exit 1; }
