#!/usr/bin/perl
# Who may see and do what, tried as each login by hand-made queries: end users
# see their own mail only, and no login has more than its work needs.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Db;

my $db = Db->new(migrate => 1);
my @logins = qw(pm_recorder pm_injector pm_csm pm_login pm_enduser pm_groups
	pm_admin pm_agent pm_link);
my @tables = split /\n/, $db->sql("select relname from pg_class where
	relnamespace = 'pm'::regnamespace and relkind in ('r', 'p') and
	not relispartition order by 1");
my @parts = split /\n/, $db->sql("select relname from pg_class where
	relnamespace = 'pm'::regnamespace and relispartition and
	relkind in ('r', 'p') order by 1");
my @own = qw(message message_rcpt quarantine quarantine_rcpt quarantine_body);

# What the server answers, errors as they are.
sub try_as {
	my ($login, @sql) = @_;
	return $db->psql($login, 'pm', map { ('-c', $_) } @sql);
}

# --- mail of alice, of bob, of both ------------------------------------------
sub mail {
	my ($n, @rcpts) = @_;
	my $id = "01890a5d-ac96-774b-bcce-b30209900a$n";
	my $sql = "insert into message values ('$id', 'a', now(), null, '',
		'', 's\@example.net', '', 'subject $n', '', '', 1, 0, 0,
		'quarantined', 1, '@rcpts');
		insert into quarantine values ('standard', '$id', 'a', now(),
		null, 's\@example.net', '', 'subject $n', 'Spam', 1, 0, 0, 1,
		'{}', '@rcpts');
		insert into quarantine_body values
		('standard', '$id', 0, 'body');";
	for my $i (0 .. $#rcpts) {
		$sql .= "insert into message_rcpt values ('$id', $i,
			'$rcpts[$i]', 'quarantined', 'Spam');
			insert into quarantine_rcpt (class, id, n, rcpt,
			address, reason) values ('standard', '$id', $i,
			'$rcpts[$i]', '$rcpts[$i]', 'Spam');";
	}
	$db->sql($sql);
}
mail(10, 'alice@example.org');
mail(11, 'bob@example.org');
mail(12, 'alice@example.org', 'bob@example.org');
mail(13, 'carol@example.org');

sub session {
	my ($cookie, $scope, $ends, $addresses) = @_;
	$db->sql("insert into session (token, scope, who, addresses, rights,
		csrf, ends, peer) values (sha256('$cookie'), '$scope', 'x',
		'$addresses', '{}', 'c', now() + interval '$ends', '::1')");
}
session('alice-cookie', 'enduser', '1 hour', '{alice@example.org}');
session('both-cookie', 'enduser', '1 hour',
	'{alice@example.org,bob@example.org}');
session('old-cookie', 'enduser', '-1 second', '{alice@example.org}');
session('csm-cookie', 'csm', '1 hour', '{alice@example.org}');
session('none-cookie', 'enduser', '1 hour', '{}');

# The last parts of the ids that an end user finds in each table.
sub seen {
	my ($cookie) = @_;
	my @set = defined $cookie ? ("set pm.session = '$cookie'") : ();
	return try_as('pm_enduser', @set, join ' union all ', map {
		"select '$_: ' || coalesce(string_agg(distinct
		 right(id::text, 2), ' '), 'nothing') from $_" } @own);
}

# The same answer of each table.
sub all_of { return join "\n", map { "$_: $_[0]" } @own }

is(seen('alice-cookie'), all_of('10 12'), "alice's mail");
is(seen('both-cookie'), all_of('10 11 12'), 'mail of two addresses');
for my $no (undef, '', 'wrong', 'old-cookie', 'csm-cookie', 'none-cookie') {
	is(seen($no), all_of('nothing'), 'no session: ' . ($no // 'not set'));
}
# The hash in the table is not the key: who reads sessions cannot use them.
my $hash = $db->sql("select encode(token, 'hex') from session
	where who = 'x' and scope = 'enduser' limit 1");
is(seen($hash), all_of('nothing'), 'the hash of a cookie is no cookie');
is(seen("\\x$hash"), all_of('nothing'), 'nor as bytes');

# --- an end user who writes queries ------------------------------------------
my $alice = "set pm.session = 'alice-cookie'";
is(try_as('pm_enduser', $alice, "select string_agg(rcpt, ' ' order by id, n)
	from quarantine_rcpt"), 'alice@example.org alice@example.org',
	'the other recipients of shared mail are not seen');
is(try_as('pm_enduser', $alice, "select count(*) from message m, message_rcpt
	r where m.id = r.id and r.rcpt like 'bob%' or r.rcpt = 'carol'"), 0,
	'nor by a join');
is(try_as('pm_enduser', $alice, "select count(*) from quarantine where
	id in (select id from quarantine_rcpt where rcpt !~ 'alice')"), 0,
	'nor by a sub-select');
is(try_as('pm_enduser', $alice, "select count(*) from quarantine where
	1 / (case when subject = 'subject 13' then 0 else 1 end) = 1"), 2,
	'an error tells nothing of other rows');
is(try_as('pm_enduser', $alice, "create function pg_temp.peep(text)
	returns bool language plpgsql cost 0.0000001 as \$\$ begin
	raise exception 'seen: %', \$1; end \$\$",
	"select count(*) from quarantine where id =
	'01890a5d-ac96-774b-bcce-b30209900a13' and pg_temp.peep(subject)"), 0,
	'a cheap function does not run before the policy');
for my $column (qw(record words)) {
	like(try_as('pm_enduser', $alice, "select $column from quarantine"),
		qr/permission denied/, "quarantine.$column: not for end users");
}
like(try_as('pm_enduser', $alice, 'select record from message'),
	qr/permission denied/, 'message.record: not for end users');
like(try_as('pm_enduser', $alice, 'select address from quarantine_rcpt'),
	qr/permission denied/, 'quarantine_rcpt.address: not for end users');
for my $table (@own) {
	my $column = $table eq 'quarantine_body' ? 'part' :
		$table =~ /rcpt/ ? 'n' : 'size';
	like(try_as('pm_enduser', $alice, "update $table set $column = 1"),
		qr/permission denied/, "$table: nothing is changed");
}

# --- every login --------------------------------------------------------------
# Partitions have no policies: nobody reads them by name.
is($db->sql("select string_agg(l || ' ' || p, ', ') from
	unnest(string_to_array('@logins', ' ')) l,
	unnest(string_to_array('@parts', ' ')) p where
	has_table_privilege(l, 'pm.' || p, 'select, insert, update, delete') or
	has_any_column_privilege(l, 'pm.' || p, 'select, insert, update')"),
	'', 'no right to a partition by its name');
is($db->sql("select string_agg(rolname, ', ') from pg_roles where
	rolname in ('" . join("', '", @logins) . "') and (rolsuper or
	rolcreatedb or rolcreaterole or rolreplication)"),
	'', 'no login has a right over the server');
is($db->sql("select string_agg(rolname, ' ' order by rolname) from pg_roles
	where rolbypassrls and rolname like 'pm\\_%'"),
	'pm_admin pm_csm pm_injector pm_link pm_recorder',
	'row security is for all but the staff\'s logins');
is($db->sql("select count(*) from pg_auth_members m join pg_roles r on
	r.oid = m.member where r.rolname like 'pm\\_%'"), 0,
	'no login has another\'s rights');
is($db->sql("select string_agg(relname, ', ') from pg_class c join pg_roles r
	on r.oid = c.relowner where relnamespace = 'pm'::regnamespace and
	rolname <> 'pm'"), '', 'the owner owns everything');
is($db->sql("select string_agg(l || ' ' || t, ', ') from
	unnest(string_to_array('@logins', ' ')) l,
	unnest(string_to_array('@tables', ' ')) t where
	has_table_privilege(l, 'pm.' || t, 'truncate, references, trigger')"),
	'', 'nobody truncates');
is($db->sql("select string_agg(l || ' ' || t, ', ') from
	unnest(string_to_array('@logins', ' ')) l,
	unnest(string_to_array('@tables', ' ')) t where
	has_table_privilege(l, 'pm.' || t, 'delete') and
	(t like 'message%' or t like 'quarantine%' or t = 'audit')"),
	'', 'nobody deletes mail, its log or the audit: retention does');
is($db->sql("select string_agg(l, ', ') from
	unnest(string_to_array('@logins', ' ')) l where
	has_table_privilege(l, 'pm.audit', 'update')"), '',
	'nobody changes the audit');
is($db->sql("select string_agg(l || ' ' || p.oid::regprocedure, ', ') from
	unnest(string_to_array('@logins', ' ')) l, pg_proc p where
	pronamespace = 'pm'::regnamespace and proname like 'partition%' and
	has_function_privilege(l, p.oid, 'execute')"), '',
	'partitions are the owner\'s');
is($db->sql("select string_agg(oid::regprocedure::text, ', ') from pg_proc
	where pronamespace = 'pm'::regnamespace and
	has_function_privilege('public', oid, 'execute')"), '',
	'no function is for everybody');
is($db->sql("select string_agg(oid::regprocedure::text, ', ') from pg_proc
	where pronamespace = 'pm'::regnamespace and prosecdef and
	not coalesce(array_to_string(proconfig, ' ') ~ 'search_path=', false)"),
	'', 'what runs as the owner has a search path of its own');
is($db->sql("select string_agg(l, ', ') from
	unnest(string_to_array('@logins', ' ')) l where
	has_schema_privilege(l, 'pm', 'create') or
	has_schema_privilege(l, 'public', 'create')"), '',
	'nobody makes things in our schemas');

# The tables where a login has one of these rights, to a column at least.
sub has {
	my ($login, $rights) = @_;
	return $db->sql("select coalesce(string_agg(t, ' ' order by t), '')
		from unnest(string_to_array('@tables', ' ')) t where
		has_any_column_privilege('$login', 'pm.' || t, '$rights')");
}
is(has('pm_enduser', 'select'), join(' ', sort @own),
	'an end user reads nothing else');
is(has('pm_enduser', 'insert, update'), '', 'and writes nothing');

# What each must not read; and one thing that it must, so that this can fail.
my %never = (
	pm_recorder => [qw(account session job audit mailbox)],
	pm_injector => [qw(account session message message_rcpt audit
		user_data counter_5min)],
	pm_csm => ['account'],
	pm_login => [qw(message message_rcpt message_event quarantine
		quarantine_rcpt quarantine_body job user_data)],
	pm_groups => \@tables,
	pm_admin => ['account'],
	pm_link => [grep { !/^(?:quarantine|quarantine_rcpt|job|message_event|
		quarantine_request|quarantine_rule|link_use|user_data)\z/x } @tables],
	pm_agent => [grep { !/^(?:alarm|schedule_run|host_use)\z/ } @tables],
);
my %reads = (pm_recorder => 'quarantine', pm_injector => 'job',
	pm_csm => 'quarantine_body', pm_login => 'account',
	pm_admin => 'message', pm_agent => 'alarm', pm_link => 'link_use');
for my $what ('record from quarantine', 'words from quarantine',
	'detail from message_event') {
	like(try_as('pm_link', "select $what"), qr/permission denied/,
		"pm_link: $what is refused");
}
for my $login (sort keys %never) {
	my %read = map { $_ => 1 } split / /, has($login, 'select');
	is(join(' ', grep { $read{$_} } @{ $never{$login} }), '',
		"$login does not read what is not its business");
	next unless $reads{$login};
	unlike(try_as($login, "select * from $reads{$login} limit 1"),
		qr/ERROR/, "$login reads $reads{$login}");
	like(try_as($login, "select * from $never{$login}[0] limit 1"),
		qr/permission denied/, "$login: $never{$login}[0] is refused");
}
# The pages' server sees sessions, and could not make itself one.
like(try_as('pm_csm', "update session set $_"), qr/permission denied/,
	"pm_csm: $_ is refused") for "token = sha256('x')", "who = 'admin'",
	"rights = '{all}'", "csrf = 'x'", 'ends = now()';
like(try_as('pm_csm', "insert into session (token) values ('x')"),
	qr/permission denied/, 'pm_csm makes no session');
for my $login (@logins) {
	like(try_as($login, 'set role pm'), qr/permission denied/,
		"$login does not become the owner");
	like(try_as($login, "select pg_read_file('postgresql.conf')"),
		qr/permission denied/, "$login reads no file");
	like(try_as($login, "copy (select 1) to program 'true'"),
		qr/permission denied|must be superuser/, "$login runs nothing");
}
done_testing;
