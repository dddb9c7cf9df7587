# A throwaway OpenLDAP server: a folder of its own, a unix socket and a port
# of the loopback with StartTLS, in the foreground; ended by its pid.
package Slapd;
use strict;
use warnings;
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

sub installed { return -x '/usr/sbin/slapd' }

sub spit {
	my ($path, $text) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die "$path: $!";
}

# new(ldif => TEXT): with these entries below dc=example.
sub new {
	my ($class, %o) = @_;
	my $self = bless { owner => $$, limits => 'sizelimit unlimited' }, $class;
	my $dir = $self->{dir} = tempdir('pm-slapd-XXXXXX', TMPDIR => 1,
		CLEANUP => 0);
	mkdir "$dir/data" or die;
	chmod 0755, $dir;
	system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256" .
		" -nodes -days 2 -subj /CN=localhost -addext " .
		"subjectAltName=IP:127.0.0.1 -keyout $dir/key.pem -out " .
		"$dir/cert.pem >/dev/null 2>&1") == 0 or die 'openssl';
	my @free = map { IO::Socket::INET->new(Listen => 1,
		LocalAddr => '127.0.0.1') } 1, 2;
	($self->{port}, $self->{tls_port}) = map { $_->sockport } @free;
	undef @free;
	$self->hold($o{ldif});
	return $self;
}

sub config {
	my ($self) = @_;
	my $dir = $self->{dir};
	return <<"CONFIG";
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.3.6.1.4.1.99999.1 NAME 'proxyAddresses' EQUALITY
	caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.3 NAME 'anything' EQUALITY
	octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
objectclass ( 1.3.6.1.4.1.99999.2 NAME 'exchange' SUP top AUXILIARY
	MAY ( proxyAddresses \$ anything ) )
pidfile $dir/pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile $dir/cert.pem
TLSCertificateKeyFile $dir/key.pem
database mdb
maxsize 268435456
suffix dc=example
rootdn cn=root,dc=example
rootpw rootpw
directory $dir/data
dbnosync
$self->{limits}
CONFIG
}

sub url { return "ldap://127.0.0.1:$_[0]{port}" }
sub tls_url { return "ldaps://127.0.0.1:$_[0]{tls_port}" }
sub socket_url { return 'ldapi://' . "$_[0]{dir}/sock" =~ s{/}{%2F}gr }

sub start {
	my ($self) = @_;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$self->{dir}/log";
		open STDERR, '>&', \*STDOUT;
		exec 'setpriv', '--pdeathsig', 'KILL', '/usr/sbin/slapd',
			'-d', '0', '-f', "$self->{dir}/conf", '-h',
			$self->socket_url . " ldap://127.0.0.1:$self->{port}" .
			" ldaps://127.0.0.1:$self->{tls_port}"
			or POSIX::_exit(127);
	}
	$self->{pid} = $pid;
	my $end = time + 20;
	sleep 0.05 until IO::Socket::INET->new("127.0.0.1:$self->{port}") ||
		time > $end;
}

sub stop {
	my ($self) = @_;
	return unless $self->{pid};
	kill 'KILL', $self->{pid};
	waitpid delete $self->{pid}, 0;
	unlink "$self->{dir}/sock";
}

# Its entries are these from now on.
sub hold {
	my ($self, $ldif) = @_;
	my $dir = $self->{dir};
	$self->stop;
	remove_tree("$dir/data", { keep_root => 1 });
	spit("$dir/conf", $self->config);
	spit("$dir/ldif", "dn: dc=example\nobjectClass: domain\n" .
		"dc: example\n\n$ldif");
	system("/usr/sbin/slapadd -q -f $dir/conf -l $dir/ldif " .
		">$dir/add 2>&1") == 0 or die "slapadd: " . `cat $dir/add`;
	$self->start;
}

sub DESTROY {
	my ($self) = @_;
	return if $self->{owner} != $$;
	local $?;
	$self->stop;
	remove_tree($self->{dir});
}

1;
