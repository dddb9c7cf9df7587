# Real mail for tests: the corpus archives beside the checkout when they are
# there, else a few hundred messages made here.
package Corpus;
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Copy qw(copy);
use File::Find;
use File::Path qw(make_path);

# The folder of the archives, or undef.
sub archives {
	my $dir = $ENV{PM_CORPUS} // '../shared/corpus';
	return -e "$dir/mail-dev.tar.xz" ? $dir : undef;
}

# One archive unpacked below build/corpus, or undef when there is none.
sub unpacked {
	my ($name, $archive) = @_;
	my $from = archives() or return;
	my $to = "build/corpus/$name";
	return unless -e "$from/$archive";
	if (!-e "$to/.done") {
		make_path($to);
		system('tar', '-xf', "$from/$archive", '-C', $to) == 0
			or die "tar failed";
		open my $mark, '>', "$to/.done" or die "$to: $!";
	}
	return abs_path($to);
}

sub mail { return unpacked('mail', 'mail-dev.tar.xz') }

# The conformance suites: a folder with conf-dev in it.
sub conf { return unpacked('conf', 'conf-dev.tar.xz') }

# Every n-th message of a class ("ham", "spam", "*"), the same ones each time.
sub sample {
	my ($dir, $class, $n) = @_;
	my @all;
	find({ no_chdir => 1, wanted => sub {
		return unless /\.eml$/ && -s $_ < 600_000;
		push @all, $_ if $class eq '*' || m{/\Q$class\E/};
	} }, $dir);
	@all = sort @all;
	return @all if @all <= $n;
	my $step = @all / $n;
	return map { $all[int($_ * $step)] } 0 .. $n - 1;
}

# A made message: words that repeat, a size like mail has.
sub made {
	my ($i) = @_;
	my @words = qw(the meeting report for next week is attached please find
		our prices and let me know whether you can come to the office);
	my $seed = $i * 7919 + 17;
	my $next = sub { $seed = ($seed * 1103515245 + 12345) % 2147483648 };
	my $body = '';
	for (1 .. 20 + $next->() % 200) {
		$body .= join(' ', map { $words[$next->() % @words] } 1 .. 11);
		$body .= "\n";
	}
	return join "\n", "From: Sender $i <s$i\@example.net>",
		'To: user@example.org', "Subject: Message number $i",
		"Message-ID: <made.$i\@example.net>",
		'Date: Fri, 20 Nov 2026 08:00:00 +0000', '', $body;
}

# What a mix was made from, as its mark says; '' when there is none.
sub source {
	my ($dir) = @_;
	open my $in, '<', "$dir/.done" or return '';
	my $line = <$in> // '';
	chomp $line;
	return $line;
}

# 500 messages in a folder: from the corpus, or made. A mix of the other kind
# is made anew: figures of made mail must not pass for the corpus's.
sub mix {
	my ($to) = @_;
	my $kind = archives() ? 'the corpus' : 'our own making';
	return $to if source($to) eq $kind;
	unlink glob("$to/*.eml"), "$to/.done";
	make_path($to);
	my $corpus = mail();
	my $i = 0;
	if ($corpus) {
		for my $file (sample($corpus, '*', 500)) {
			copy($file, sprintf('%s/%03d.eml', $to, $i++))
				or die "$file: $!";
		}
	} else {
		for $i (0 .. 499) {
			open my $out, '>', sprintf('%s/%03d.eml', $to, $i)
				or die "$to: $!";
			print $out made($i);
		}
	}
	open my $mark, '>', "$to/.done" or die "$to: $!";
	print $mark "$kind\n";
	close $mark or die "$to: $!";
	return $to;
}

sub describe {
	my ($dir) = @_;
	my @sizes = map { -s } glob "$dir/*.eml";
	my $sum = 0;
	$sum += $_ for @sizes;
	return sprintf '%d messages of %s, mean %d bytes', scalar @sizes,
		source($dir) || $dir, @sizes ? $sum / @sizes : 0;
}

1;
