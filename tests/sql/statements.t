#!/usr/bin/perl
# Every named statement fits the schema and the rights of the logins that it
# is for. It is carried out with nulls in a transaction that is rolled back:
# values may be refused then, but nothing else.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Db;
use Statements;

my $db = Db->new(migrate => 1);
Statements::prepare($db);
my @all = Statements::all();
cmp_ok(scalar @all, '>', 5, 'there are statements');

# --- what each block says ---------------------------------------------------
my %seen;
is(join(', ', map { $_->{name} } grep { $seen{$_->{name}}++ } @all), '',
	'each name once');
for my $s (@all) {
	my @lack;
	push @lack, 'a name of small letters' if $s->{name} !~ /^[a-z0-9_]+\z/;
	push @lack, 'a comment that says what it does'
		unless grep { !/^-- (?:login|plan):/ } split /\n/, $s->{about};
	push @lack, 'a "-- login: pm_…" line, here or before the first block'
		unless @{ $s->{login} };
	push @lack, "a word about \$$_ in its comment"
		for grep { $s->{about} !~ /\$$_\b|\bThe same\b/ }
			1 .. $s->{values};
	is(join('; ', @lack), '', "$s->{file}: $s->{name}");
}

# --- each as its logins -----------------------------------------------------
my %of;
for my $s (@all) {
	push @{ $of{$_} }, $s for $s->{login}[0] && $s->{login}[0] eq 'all' ?
		qw(pm_recorder pm_injector pm_csm pm_login pm_admin) :
		@{ $s->{login} };
}
for my $login (sort keys %of) {
	my $script = "\\set VERBOSITY verbose\n";
	for my $s (@{ $of{$login} }) {
		my $nulls = join ', ', ('null') x $s->{values};
		$script .= "\\echo \@\@ $s->{name}\n" .
			(Statements::utility($s) ? "prepare p as select 1;\n" :
			"begin;\nprepare p as $s->{text};\nexecute p" .
			($nulls && "($nulls)") . ";\nrollback;\n") .
			"deallocate all;\n";
	}
	open my $out, '>', "$db->{dir}/script" or die $!;
	print $out $script;
	close $out;
	my %answer = map { /^(\w+)\n(.*)/s } split /^\@\@ /m,
		$db->psql($login, 'pm', '-v', 'ON_ERROR_STOP=0', '-f',
		"$db->{dir}/script") . "\n";
	for my $s (@{ $of{$login} }) {
		my @wrong = grep { !/ERROR:  (?:22|23|P0)/ }
			($answer{ $s->{name} } // 'no answer') =~
			/(ERROR:.*|no answer)/g;
		is($wrong[0], undef, "$login: $s->{name}");
	}
}

# --- the schema says what it is ---------------------------------------------
is($db->sql("select string_agg(relname, ', ') from pg_class c where
	relnamespace = 'pm'::regnamespace and relkind in ('r', 'p') and
	not relispartition and obj_description(oid) is null"), '',
	'every table has a comment');
is($db->sql("select string_agg(oid::regprocedure::text, ', ') from pg_proc
	where pronamespace = 'pm'::regnamespace and
	obj_description(oid) is null"), '', 'every function has a comment');
done_testing;
