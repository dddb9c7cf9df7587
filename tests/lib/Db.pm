# A throwaway PostgreSQL with the schema of pm: a folder of its own, a unix
# socket in it, nothing synced to disk, everybody trusted; ended by its pid.
package Db;
use strict;
use warnings;
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my ($bin) = map { s{/postgres\z}{}r }
	reverse sort glob '/usr/lib/postgresql/*/bin/postgres';

# Read now: who gives up root may not come to the checkout any more.
my %schema = map {
	open my $in, '<', $_ or die "$_: $!";
	local $/;
	($_ => scalar <$in>)
} glob 'sql/schema/*.sql';

# Is there one on this machine?
sub installed { return defined $bin }

# PostgreSQL does not run as root: pm-db or nobody, or who we are.
sub user {
	return undef if $> != 0;
	return defined getpwnam('pm-db') ? 'pm-db' : 'nobody';
}

# The command as that user, told to end when we do.
sub as_user {
	my ($self, @command) = @_;
	my @who = defined $self->{user} ? ("--reuid=$self->{user}",
		'--regid=' . (getpwnam($self->{user}))[3], '--clear-groups') : ();
	return ('setpriv', @who, '--pdeathsig', 'INT', @command);
}

# Runs a command without a terminal, its output in LOG; its pid.
sub spawn {
	my ($self, @command) = @_;
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	return $pid if $pid;
	chdir $self->{dir};
	open STDIN, '<', '/dev/null';
	open STDOUT, '>>', $self->{log};
	open STDERR, '>&', \*STDOUT;
	$ENV{LC_ALL} = 'C';
	exec $self->as_user(@command) or POSIX::_exit(127);
}

sub log_text {
	my ($self) = @_;
	open my $in, '<', $self->{log} or return '';
	local $/;
	return <$in> // '';
}

sub create {
	my ($self) = @_;
	waitpid $self->spawn("$bin/initdb", '-N', '-U', 'pm', '-A', 'trust',
		'--no-locale', '-E', 'UTF8', '-D', "$self->{dir}/pg"), 0;
	die "initdb: " . $self->log_text if $?;
}

# new(migrate => 1, conf => [ "name=value" ]): started, with database "pm" of
# owner "pm"; migrate: with every file of sql/schema. Skips the whole test when
# PostgreSQL is not installed.
sub new {
	my ($class, %o) = @_;
	plan skip_all => 'PostgreSQL is not installed' unless installed();
	my $self = bless { %o, user => user(), owner => $$ }, $class;
	$self->{dir} = tempdir('pm-db-XXXXXX', TMPDIR => 1, CLEANUP => 0);
	$self->{log} = "$self->{dir}/log";
	chmod 0755, $self->{dir};
	chown((getpwnam $self->{user})[2, 3], $self->{dir})
		if defined $self->{user};
	$self->create;
	$self->start;
	$self->sql('create database pm', 'pm', 'postgres');
	$self->migrate if $o{migrate};
	return $self;
}

# Starts it (again) and waits until it answers.
sub start {
	my ($self) = @_;
	my @conf = ('listen_addresses=', "unix_socket_directories=$self->{dir}",
		'fsync=off', 'full_page_writes=off', 'shared_buffers=32MB',
		'dynamic_shared_memory_type=mmap', 'autovacuum_naptime=1h',
		'log_min_error_statement=panic', @{ $self->{conf} // [] });
	$self->{pid} = $self->spawn("$bin/postgres", '-D', "$self->{dir}/pg",
		map { ('-c', $_) } @conf);
	my $end = time + 30;
	while (time < $end) {
		return $self if system("$bin/pg_isready", '-q', '-h',
			$self->{dir}, '-d', 'postgres', '-U', 'pm') == 0;
		last if waitpid($self->{pid}, POSIX::WNOHANG()) > 0;
		sleep 0.05;
	}
	die "postgres did not start: " . $self->log_text;
}

# The schema: every file, each in one transaction.
sub migrate {
	my ($self, @files) = @_;
	for my $file (@files ? @files : sort keys %schema) {
		my $text = "$self->{dir}/schema.sql";
		open my $copy, '>', $text or die "$text: $!";
		print $copy $schema{$file} // die "$file: not of the schema";
		close $copy or die "$text: $!";
		my $out = $self->psql('pm', 'pm', '-1', '-f', $text);
		die "$file: $out" if $?;
	}
}

# libpq's words for it; `login` defaults to the owner.
sub conninfo {
	my ($self, $login, $database) = @_;
	return "host=$self->{dir} dbname=" . ($database // 'pm') . ' user=' .
		($login // 'pm');
}

sub psql {
	my ($self, $login, $database, @args) = @_;
	local $ENV{PGOPTIONS} = '-c client_min_messages=warning ' .
		'-c search_path=pm,public';
	open my $out, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1 </dev/null',
		"$bin/psql", '-XAtq', '-v', 'ON_ERROR_STOP=1',
		$self->conninfo($login, $database), @args or die "psql: $!";
	my $text = do { local $/; <$out> } // '';
	close $out;
	chomp $text;
	return $text;
}

# What a statement answers: fields parted by |, rows by newlines. Dies with
# what the server said.
sub sql {
	my ($self, $text, $login, $database) = @_;
	my $answer = $self->psql($login, $database, '-c', $text);
	die "$answer\n" if $?;
	return $answer;
}

# Ends it; signal "INT" is fast, "KILL" a crash (then its children follow).
sub stop {
	my ($self, $signal) = @_;
	my $pid = delete $self->{pid} or return;
	kill $signal // 'INT', $pid;
	my $end = time + 20;
	while (time < $end) {
		return if waitpid($pid, POSIX::WNOHANG()) != 0;
		sleep 0.02;
	}
	kill 'QUIT', $pid;
	waitpid $pid, 0;
}

sub DESTROY {
	my ($self) = @_;
	return unless $self->{owner} == $$;
	local ($?, $@, $!);
	$self->stop;
	remove_tree($self->{dir}) unless $ENV{PM_KEEP};
}

1;
