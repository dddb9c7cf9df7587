# fake/web (tests/fake/web.c): a server of lib/web with small handlers, and
# curl as its client. Needs `make tools`.
package WebServer;
use strict;
use warnings;
use Exporter qw(import);
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(status);

# Skips the whole test where something is missing.
sub new {
	my ($class) = @_;
	for my $tool (qw(curl openssl)) {
		plan skip_all => "$tool is not installed: run make deps"
			if system("command -v $tool >/dev/null 2>&1");
	}
	my $program = ($ENV{PM_BUILD} // 'build/rel') . '/fake/web';
	plan skip_all => "$program is not built: run make tools"
		unless -x $program;
	return bless { program => $program, dir => tempdir(CLEANUP => 1),
		owner => $$ }, $class;
}

sub slurp {
	my ($path) = @_;
	open my $in, '<', $path or return '';
	local $/;
	return <$in> // '';
}

# What it says on stderr.
sub log { return slurp("$_[0]{dir}/err") }

# Starts it; waits for its port. arrive: milliseconds for a request.
sub start {
	my ($self, $workers, $arrive, $conninfo) = @_;
	my $dir = $self->{dir};
	unlink "$dir/out", "$dir/err";
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open STDOUT, '>', "$dir/out" or die;
		open STDERR, '>', "$dir/err" or die;
		exec $self->{program}, $dir, $workers, $arrive // 1500,
			$conninfo // () or die;
	}
	$self->{pid} = $pid;
	for (1 .. 200) {
		return $self->{port} = $1
			if slurp("$dir/out") =~ /^port (\d+)$/m;
		sleep 0.05;
	}
	BAIL_OUT("no server: " . $self->log);
}

sub address { return "127.0.0.1:$_[0]{port}" }

# TERM; its exit code and how long it took.
sub stop {
	my ($self) = @_;
	my $from = time;
	my $pid = delete $self->{pid};
	kill TERM => $pid;
	waitpid $pid, 0;
	return ($?, time - $from);
}

sub DESTROY {
	my ($self) = @_;
	return unless $self->{owner} == $$ && $self->{pid};
	local $?;
	kill KILL => $self->{pid};
	waitpid $self->{pid}, 0;
}

sub quote { return join ' ', map { s/'/'\\''/gr =~ s/(.*)/'$1'/sr } @_ }

# The whole answer for a path, without CRs.
sub get {
	my ($self, $path, @more) = @_;
	my $args = quote('--max-time', 10, '--path-as-is', '-ski', @more,
		'https://' . $self->address . $path);
	my $text = `curl $args 2>&1`;
	$text =~ s/\r//g;
	return $text;
}

# Sends a form, with these headers only.
sub post {
	my ($self, $path, $body, @headers) = @_;
	return $self->get($path, '--data-binary', $body,
		map { ('-H', $_) } 'Expect:', @headers);
}

# The status of an answer.
sub status {
	my ($text) = @_;
	return $text =~ m{^HTTP/1\.1 (\d+)} ? $1 : "no answer";
}

1;
